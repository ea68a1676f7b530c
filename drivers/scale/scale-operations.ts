/** What may be asked of a scale, and how a request is read. Total: any request gives an answer. */
import { jobProblem } from '../job-problem.ts';
import type { Operation, ParsedParams } from '../driver.ts';
import { SCALE_MAX } from '../../protocol/scaled.ts';
import type { Scaled } from '../../protocol/scaled.ts';
import { WEIGHT_UNITS } from '../weight.ts';
import type { Weight } from '../weight.ts';
import type { ReadParams } from './scale-dialect.ts';

export type ScaleParams =
  | { readonly type: 'read'; readonly read: ReadParams }
  | { readonly type: 'live'; readonly durationMs: number }
  | { readonly type: 'zero' }
  | { readonly type: 'tare'; readonly tare?: Weight | 'clear' }
  | { readonly type: 'status' };

/** The time a customer takes to put goods down and let go of them. */
const READ_DEADLINE_MS = 15_000;
/** A job that waits longer holds the scale against everybody else. */
const READ_DEADLINE_MS_MAX = 120_000;
/** Long enough to see that a scale does not answer, short enough for a person at a keyboard. */
const COMMAND_DEADLINE_MS = 5_000;
const COMMAND_DEADLINE_MS_MAX = 30_000;
const LIVE_MS_DEFAULT = 30_000;
/** Whoever wants to see more asks again; a forgotten display does not keep a broker busy. */
const LIVE_MS_MAX = 600_000;

type Request = Readonly<Record<string, unknown>>;

const command = { deadlineMs: COMMAND_DEADLINE_MS, deadlineMsMax: COMMAND_DEADLINE_MS_MAX };

export const SCALE_OPERATIONS = {
  read: {
    summary: 'waits for a weight at rest: {tare?, unitPrice?}',
    deadlineMs: READ_DEADLINE_MS,
    deadlineMsMax: READ_DEADLINE_MS_MAX,
    isPhysical: false,
    parse: (request) => parsed(request, ['tare', 'unitPrice'], parseRead),
  },
  live: {
    summary: 'sends the weight as it changes, as events: {durationMs?}; 0 ends it',
    ...command,
    isPhysical: false,
    parse: (request) => parsed(request, ['durationMs'], parseLive),
  },
  zero: {
    summary: 'presses the zero key',
    ...command,
    isPhysical: true,
    parse: (request) => parsed(request, [], () => ({ type: 'zero' })),
  },
  tare: {
    summary: 'takes off what lies there, or a known tare: {weight?, clear?}',
    ...command,
    isPhysical: true,
    parse: (request) => parsed(request, ['weight', 'clear'], parseTare),
  },
  status: {
    summary: 'tells state, last weight and what the scale says of itself',
    ...command,
    isPhysical: false,
    parse: (request) => parsed(request, [], () => ({ type: 'status' })),
  },
} as const satisfies Record<string, Operation>;

type Invalid = { readonly invalid: string; readonly path: string };

function parsed(
  request: Request,
  members: readonly string[],
  read: (request: Request) => ScaleParams | Invalid,
): ParsedParams {
  const stranger = Object.keys(request).find((member) => !members.includes(member));
  const result =
    stranger === undefined
      ? read(request)
      : { invalid: `There is no member ${JSON.stringify(stranger)} here.`, path: `/${stranger}` };
  if (!('invalid' in result)) return { ok: true, params: result };
  const { invalid, path } = result;
  return { ok: false, problem: jobProblem('JOB_INVALID', invalid, { path }) };
}

function parseRead(request: Request): ScaleParams | Invalid {
  const tare = request['tare'] === undefined ? undefined : readWeight(request['tare']);
  if (tare === null) return { invalid: NO_WEIGHT, path: '/tare' };
  const unitPrice =
    request['unitPrice'] === undefined ? undefined : readScaled(request['unitPrice'], 2);
  if (unitPrice === null) return { invalid: NO_PRICE, path: '/unitPrice' };
  return {
    type: 'read',
    read: { ...(tare && { tare }), ...(unitPrice && { unitPrice }) },
  };
}

function parseLive({ durationMs = LIVE_MS_DEFAULT }: Request): ScaleParams | Invalid {
  if (isWhole(durationMs) && durationMs >= 0 && durationMs <= LIVE_MS_MAX) {
    return { type: 'live', durationMs };
  }
  return { invalid: `durationMs is a whole number from 0 to ${LIVE_MS_MAX}.`, path: '/durationMs' };
}

function parseTare({ weight, clear }: Request): ScaleParams | Invalid {
  if (clear !== undefined && (clear !== true || weight !== undefined)) {
    return { invalid: 'clear is true, without a weight beside it.', path: '/clear' };
  }
  if (clear === true) return { type: 'tare', tare: 'clear' };
  if (weight === undefined) return { type: 'tare' };
  const tare = readWeight(weight);
  return tare === null ? { invalid: NO_WEIGHT, path: '/weight' } : { type: 'tare', tare };
}

const NO_WEIGHT =
  'A weight is {"value": whole number, "scale": 0 to 6, "unit": "kg", "g", "lb" or "oz"}, not negative.';
const NO_PRICE = 'A unit price is {"value": whole number, "scale": 0 to 6}, not negative.';

function readWeight(given: unknown): Weight | null {
  const scaled = readScaled(given, 3);
  if (scaled === null || typeof given !== 'object' || given === null) return null;
  const unit = WEIGHT_UNITS.find((name) => 'unit' in given && given.unit === name);
  return unit === undefined ? null : { ...scaled, unit };
}

/** Null for everything that is not `{value, scale}` with at most so many members. */
function readScaled(given: unknown, membersMax: number): Scaled | null {
  if (typeof given !== 'object' || given === null || Object.keys(given).length > membersMax)
    return null;
  const { value, scale } = given as { value?: unknown; scale?: unknown };
  if (!isWhole(value) || !isWhole(scale)) return null;
  return value >= 0 && scale >= 0 && scale <= SCALE_MAX ? { value, scale } : null;
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
