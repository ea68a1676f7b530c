/**
 * What can be asked of a headquarters where it writes, running or not. Over the control socket the
 * parameters are JSON from another process of the same user, so they are read with care.
 */
import type { Alarm, AlarmBook } from '../../platform/alarms.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type {
  CommandOffice,
  CommandRequest,
  SentCommand,
  ShownCommand,
} from '../commands/command-office.ts';
import type { Feeds } from '../feeds/open-feeds.ts';
import type { PublishDesk, PublishState, ShownDocument, ShownFeed } from '../feeds/publish-desk.ts';
import type {
  QuarantineDesk,
  QuarantineList,
  Retried,
  ShownQuarantine,
} from '../quarantine/quarantine-desk.ts';

export interface HqVerbs {
  'quarantine.list': { params: object; result: QuarantineList };
  'quarantine.show': { params: { origin: string; index: number }; result: ShownQuarantine };
  /** Without an origin all open ones. */
  'quarantine.retry': {
    params: { origin?: string; index?: number };
    result: { retried: Retried[] };
  };
  'quarantine.waive': {
    params: { origin: string; index: number; reason: string; by: string };
    result: { waiver: { origin: string; index: number } };
  };
  'feed.begin': {
    params: { chain?: string; store?: string; isDryRun: boolean };
    result: { id: string; chain: string };
  };
  'feed.add': { params: { id: string; changes: readonly unknown[] }; result: { held: number } };
  'feed.commit': { params: { id: string }; result: PublishState };
  'feed.state': { params: { id: string }; result: PublishState };
  'feed.list': { params: object; result: { feeds: ShownFeed[] } };
  'feed.show': {
    params: { chain?: string; store?: string; collection: string; after: string; limit: number };
    result: { documents: ShownDocument[]; next: string | null };
  };
  'command.send': {
    params: Omit<CommandRequest, 'chain' | 'store'> & { chain?: string; store?: string };
    result: SentCommand;
  };
  'command.list': { params: object; result: { commands: ShownCommand[] } };
  'command.show': {
    params: { commandId: string };
    result: Awaited<ReturnType<CommandOffice['show']>>;
  };
  'alarm.list': { params: object; result: { alarms: readonly Alarm[] } };
  'alarm.clear': { params: { which: string }; result: { cleared: Alarm[] } };
}

export type HqCall = <V extends keyof HqVerbs>(
  verb: V,
  params: HqVerbs[V]['params'],
) => Promise<HqVerbs[V]['result']>;

export type HqVerbParts = {
  desk: QuarantineDesk;
  alarms: AlarmBook;
  /** Only verbs about feeds and commands need them. */
  feeds: Pick<Feeds, 'publish' | 'commands'> | undefined;
};

/** Throws `CONTROL_PROTOCOL` for a request that cannot be. */
export async function runHqVerb(
  { desk, alarms, feeds }: HqVerbParts,
  verb: string,
  params: unknown,
): Promise<HqVerbs[keyof HqVerbs]['result']> {
  const given = new Given(verb, params);
  if (feeds !== undefined && verb.startsWith('feed.')) return runFeedVerb(feeds.publish, given);
  if (feeds !== undefined && verb.startsWith('command.')) {
    return runCommandVerb(feeds.commands, given);
  }
  switch (verb) {
    case 'quarantine.list':
      return desk.list();
    case 'quarantine.show':
      return desk.show(given.text('origin'), given.index());
    case 'quarantine.retry': {
      const one = given.has('origin')
        ? { origin: given.text('origin'), index: given.index() }
        : undefined;
      return { retried: await desk.retry(one) };
    }
    case 'quarantine.waive': {
      const at = { origin: given.text('origin'), index: given.index() };
      const why = { reason: given.text('reason'), by: given.text('by') };
      return { waiver: await desk.waive(at, why) };
    }
    case 'alarm.list':
      return { alarms: alarms.list() };
    case 'alarm.clear':
      return { cleared: clearAlarms(alarms, given.text('which')) };
    default:
      throw unknownVerb(verb);
  }
}

async function runCommandVerb(
  office: CommandOffice,
  given: Given,
): Promise<HqVerbs[keyof HqVerbs]['result']> {
  switch (given.verb) {
    case 'command.send': {
      const place = { chain: given.optional('chain'), store: given.optional('store') };
      const more = { peripheralId: given.optional('peripheralId'), level: given.optional('level') };
      const gateway = given.optional('gateway');
      const minutes = given.count('minutes');
      return office.send({ ...place, ...more, gateway, action: given.text('action'), minutes });
    }
    case 'command.list':
      return { commands: await office.list() };
    case 'command.show':
      return office.show(given.text('commandId'));
    default:
      throw unknownVerb(given.verb);
  }
}

async function runFeedVerb(
  publish: PublishDesk,
  given: Given,
): Promise<HqVerbs[keyof HqVerbs]['result']> {
  const place = { chain: given.optional('chain'), store: given.optional('store') };
  switch (given.verb) {
    case 'feed.begin':
      return publish.begin({ ...place, isDryRun: given.is('isDryRun') });
    case 'feed.add':
      return publish.add(given.text('id'), given.list('changes'));
    case 'feed.commit':
      return publish.commit(given.text('id'));
    case 'feed.state':
      return publish.state(given.text('id'));
    case 'feed.list':
      return { feeds: await publish.feeds() };
    case 'feed.show': {
      const page = { after: given.text('after'), limit: given.count('limit') };
      return publish.documents({ ...place, collection: given.text('collection') }, page);
    }
    default:
      throw unknownVerb(given.verb);
  }
}

function unknownVerb(verb: string): TillgateError {
  const message = `This headquarters does not know ${JSON.stringify(verb)}.`;
  return new TillgateError('CONTROL_PROTOCOL', message);
}

function clearAlarms(alarms: AlarmBook, which: string): Alarm[] {
  if (which === 'all') return [...alarms.list()].flatMap(({ id }) => alarms.clear(id));
  const cleared = alarms.clear(which);
  if (cleared.length > 0) return cleared;
  throw new TillgateError('HQ_NOT_FOUND', `There is no alarm ${which}.`, {
    hint: 'tillgate alarm list --hq',
  });
}

class Given {
  readonly verb: string;
  readonly #values: Record<string, unknown>;

  constructor(verb: string, params: unknown) {
    this.verb = verb;
    this.#values = typeof params === 'object' && params !== null ? { ...params } : {};
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  text(name: string): string {
    const value = this.#values[name];
    if (typeof value === 'string') return value;
    throw new TillgateError('CONTROL_PROTOCOL', `${this.verb} needs ${name} as text.`);
  }

  optional(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  is(name: string): boolean {
    return this.#values[name] === true;
  }

  list(name: string): readonly unknown[] {
    const value = this.#values[name];
    if (Array.isArray(value)) return value as unknown[];
    throw new TillgateError('CONTROL_PROTOCOL', `${this.verb} needs ${name} as a list.`);
  }

  index(): number {
    return this.count('index');
  }

  count(name: string): number {
    const value = this.#values[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw new TillgateError('CONTROL_PROTOCOL', `${this.verb} needs ${name} as a whole number.`);
  }
}
