/**
 * What can be asked of a headquarters where it writes, running or not. Over the control socket the
 * parameters are JSON from another process of the same user, so they are read with care.
 */
import type { Alarm, AlarmBook } from '../../platform/alarms.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { ConflictList, ShownConflictInFull } from '../../protocol/conflicts/shown-conflict.ts';
import type { ConflictDesk } from '../conflicts/conflict-desk.ts';
import { Given } from './given.ts';
import { isRightsVerb, runRightsVerb } from './rights-verbs.ts';
import type { RightsVerbs } from './rights-verbs.ts';
import type { RightsDesk } from '../rights/rights-desk.ts';
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

export interface HqVerbs extends RightsVerbs {
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
  'conflict.list': { params: object; result: ConflictList };
  'conflict.show': { params: { conflictId: string }; result: ShownConflictInFull };
  /** Without a winner it stays as its rule had it. */
  'conflict.resolve': {
    params: { conflictId: string; note: string; winner?: number };
    result: { entry: { origin: string; index: number } };
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
  conflicts: ConflictDesk;
  /** Only verbs about feeds and commands need them. */
  feeds: Pick<Feeds, 'publish' | 'commands'> | undefined;
  /** Only verbs about rights need it, and they need feeds too. */
  rights: RightsDesk | undefined;
};

/** Throws `CONTROL_PROTOCOL` for a request that cannot be. */
export async function runHqVerb(
  { desk, alarms, feeds, conflicts, rights }: HqVerbParts,
  verb: string,
  params: unknown,
): Promise<HqVerbs[keyof HqVerbs]['result']> {
  const given = new Given(verb, params);
  if (feeds !== undefined && verb.startsWith('feed.')) return runFeedVerb(feeds.publish, given);
  if (verb.startsWith('conflict.')) return runConflictVerb(conflicts, given);
  if (feeds !== undefined && rights !== undefined && isRightsVerb(verb)) {
    return runRightsVerb({ publish: feeds.publish, rights }, given);
  }
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

async function runConflictVerb(
  desk: ConflictDesk,
  given: Given,
): Promise<HqVerbs[keyof HqVerbs]['result']> {
  switch (given.verb) {
    case 'conflict.list':
      return desk.list();
    case 'conflict.show':
      return desk.show(given.text('conflictId'));
    case 'conflict.resolve': {
      const winner = given.has('winner') ? given.count('winner') : null;
      const said = { note: given.text('note'), winner };
      return { entry: await desk.resolve(given.text('conflictId'), said) };
    }
    default:
      throw unknownVerb(given.verb);
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
