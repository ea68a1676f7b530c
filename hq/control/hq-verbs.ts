/**
 * What can be asked of a headquarters where it writes, running or not. Over the control socket the
 * parameters are JSON from another process of the same user, so they are read with care.
 */
import type { Alarm, AlarmBook } from '../../platform/alarms.ts';
import { TillgateError } from '../../protocol/errors.ts';
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
  'alarm.list': { params: object; result: { alarms: readonly Alarm[] } };
  'alarm.clear': { params: { which: string }; result: { cleared: Alarm[] } };
}

export type HqCall = <V extends keyof HqVerbs>(
  verb: V,
  params: HqVerbs[V]['params'],
) => Promise<HqVerbs[V]['result']>;

export type HqVerbParts = { desk: QuarantineDesk; alarms: AlarmBook };

/** Throws `CONTROL_PROTOCOL` for a request that cannot be. */
export async function runHqVerb(
  { desk, alarms }: HqVerbParts,
  verb: string,
  params: unknown,
): Promise<HqVerbs[keyof HqVerbs]['result']> {
  const given = new Given(verb, params);
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
      throw new TillgateError(
        'CONTROL_PROTOCOL',
        `This headquarters does not know ${JSON.stringify(verb)}.`,
      );
  }
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
  readonly #verb: string;
  readonly #values: Record<string, unknown>;

  constructor(verb: string, params: unknown) {
    this.#verb = verb;
    this.#values = typeof params === 'object' && params !== null ? { ...params } : {};
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  text(name: string): string {
    const value = this.#values[name];
    if (typeof value === 'string') return value;
    throw new TillgateError('CONTROL_PROTOCOL', `${this.#verb} needs ${name} as text.`);
  }

  index(): number {
    const value = this.#values['index'];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw new TillgateError('CONTROL_PROTOCOL', `${this.#verb} needs index as a whole number.`);
  }
}
