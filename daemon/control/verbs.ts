/**
 * What can be asked of a gateway, running or not: one table of verbs. Over the control socket the
 * parameters are JSON from another process of the same user, so they are read with care.
 */
import type { Alarm } from '../../platform/alarms.ts';
import type { ConflictList, ShownConflictInFull } from '../../protocol/conflicts/shown-conflict.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { ConfigEvent } from '../steering/config-entries.ts';
import type { ConfigDifference, ConfigSetResult } from '../steering/config-view.ts';
import type { DeviceCredential, ShownDevice, ShownKey } from './device-operations.ts';
import type { EnrolmentResult } from './enrolment-operations.ts';
import type { GatewayStatus } from './gateway-status.ts';
import type { PeripheralEntry } from '../peripherals/peripheral-entry.ts';
import type { PriceOverride } from '../prices/override-event.ts';
import type { ShownOverride } from '../prices/price-desk.ts';
import type { ShownPeripheral } from './peripheral-operations.ts';
import type { LogLines, TrialResult } from './peripheral-trial.ts';

export interface Verbs {
  status: { params: object; result: GatewayStatus };
  'alarm.list': { params: object; result: { alarms: readonly Alarm[] } };
  /** `which` is an id, a code, or `all`. */
  'alarm.clear': { params: { which: string }; result: { cleared: Alarm[] } };
  'device.add': {
    params: { deviceId: string; role: string; key?: string };
    result: DeviceCredential;
  };
  'device.list': { params: object; result: { devices: ShownDevice[] } };
  'device.revoke': { params: { deviceId: string }; result: ShownDevice };
  'device.key.add': { params: { deviceId: string; key: string }; result: ShownKey };
  'device.key.list': { params: { deviceId: string }; result: { keys: ShownKey[] } };
  'device.key.revoke': { params: { deviceId: string; kid: string }; result: ShownKey };
  /** `options` and `plug` are JSON objects as text. */
  'peripheral.add': {
    params: {
      peripheralId: string;
      driver: string;
      address: string;
      options: string;
      plug?: string;
    };
    result: ShownPeripheral;
  };
  'peripheral.list': { params: object; result: { peripherals: ShownPeripheral[] } };
  'peripheral.remove': { params: { peripheralId: string }; result: PeripheralEntry };
  /** Waits for at most so many seconds. */
  'peripheral.test': { params: { peripheralId: string; seconds: string }; result: TrialResult };
  /** What passed after number `after`. */
  'peripheral.log': { params: { peripheralId: string; after: string }; result: LogLines };
  'config.set': { params: { key: string; text: string }; result: ConfigSetResult };
  /** To the value before the last change, or that of the entry `to`. */
  'config.revert': { params: { key: string; to?: string }; result: ConfigSetResult };
  'config.diff': {
    params: object;
    result: { running: boolean; problem: string | null; differences: ConfigDifference[] };
  };
  /** Newest first. */
  'config.history': {
    params: { key?: string; limit: string };
    result: { history: ConfigEvent[] };
  };
  'price.list': { params: object; result: { overrides: ShownOverride[] } };
  'price.set': {
    params: {
      itemId: string;
      amount: string;
      currency: string;
      until: string;
      managerId: string;
      reason?: string;
    };
    result: PriceOverride;
  };
  /** What it was. */
  'price.withdraw': {
    params: { itemId: string; currency: string; managerId: string; reason?: string };
    result: PriceOverride;
  };
  'enrolment.install': { params: { text: string }; result: EnrolmentResult };
  /** Nothing waits any more for entries of earlier logs that nobody can send back. */
  'log.giveUp': { params: { reason: string; by: string }; result: { givenUp: readonly string[] } };
  'conflict.list': { params: object; result: ConflictList };
  'conflict.show': { params: { conflictId: string }; result: ShownConflictInFull };
  /** `winner` is a number as text, or empty. */
  'conflict.resolve': {
    params: { conflictId: string; note: string; winner: string };
    result: { entry: { origin: string; index: number } };
  };
  /** A signed note over the committed tip (text of a checkpoint). */
  'head.sign': { params: object; result: { origin: string; size: number; note: string } };
}

export type Verb = keyof Verbs;

/** Calls one verb, in this process or in the daemon's. */
export type Call = <V extends Verb>(
  verb: V,
  params: Verbs[V]['params'],
) => Promise<Verbs[V]['result']>;

export type VerbTable = {
  [V in Verb]: (params: Verbs[V]['params']) => Promise<Verbs[V]['result']> | Verbs[V]['result'];
};

/** Parameters that must be text, by verb; anything else in a request is ignored. */
const TEXTS: Readonly<Record<Verb, readonly string[]>> = {
  status: [],
  'alarm.list': [],
  'alarm.clear': ['which'],
  'device.add': ['deviceId', 'role'],
  'device.list': [],
  'device.revoke': ['deviceId'],
  'device.key.add': ['deviceId', 'key'],
  'device.key.list': ['deviceId'],
  'device.key.revoke': ['deviceId', 'kid'],
  'peripheral.add': ['peripheralId', 'driver', 'address', 'options'],
  'peripheral.list': [],
  'peripheral.remove': ['peripheralId'],
  'peripheral.test': ['peripheralId', 'seconds'],
  'peripheral.log': ['peripheralId', 'after'],
  'config.set': ['key', 'text'],
  'config.revert': ['key'],
  'config.diff': [],
  'config.history': ['limit'],
  'price.list': [],
  'price.set': ['itemId', 'amount', 'currency', 'until', 'managerId'],
  'price.withdraw': ['itemId', 'currency', 'managerId'],
  'enrolment.install': ['text'],
  'log.giveUp': ['reason', 'by'],
  'conflict.list': [],
  'conflict.show': ['conflictId'],
  'conflict.resolve': ['conflictId', 'note', 'winner'],
  'head.sign': [],
};

/** The same for those that need not be there. */
const OPTIONAL_TEXTS: Partial<Readonly<Record<Verb, readonly string[]>>> = {
  'device.add': ['key'],
  'config.revert': ['to'],
  'config.history': ['key'],
  'price.set': ['reason'],
  'price.withdraw': ['reason'],
};

/** Runs a request from another process. Throws `CONTROL_PROTOCOL` for one that cannot be. */
export async function dispatch(table: VerbTable, verb: string, params: unknown): Promise<unknown> {
  if (!isVerb(verb)) {
    throw new TillgateError(
      'CONTROL_PROTOCOL',
      `This daemon does not know ${JSON.stringify(verb)}.`,
    );
  }
  const given = typeof params === 'object' && params !== null ? params : {};
  const values = given as Record<string, unknown>;
  for (const name of TEXTS[verb]) {
    if (typeof values[name] !== 'string') {
      throw new TillgateError('CONTROL_PROTOCOL', `${verb} needs ${name} as text.`);
    }
  }
  for (const name of OPTIONAL_TEXTS[verb] ?? []) {
    if (!['string', 'undefined'].includes(typeof values[name])) {
      throw new TillgateError('CONTROL_PROTOCOL', `${verb} takes ${name} as text.`);
    }
  }
  // Just checked, member by member.
  const run = table[verb] as (checked: object) => Promise<unknown>;
  return await run(given);
}

const isVerb = (text: string): text is Verb => Object.hasOwn(TEXTS, text);
