/** How each job of a scale ends, in words that a till can show. Pure. */
import { createHash } from 'node:crypto';
import type { Json } from '../../protocol/json/json-value.ts';
import type { Scaled } from '../../protocol/scaled.ts';
import type { JobOutcome } from '../job.ts';
import { jobProblem, refusedJob } from '../job-problem.ts';
import type { DeviceIdentity, PeripheralCondition } from '../session-machine.ts';
import { weightJson } from './live-weight.ts';
import { WEIGHING_REASONS } from './weighing.ts';
import { formatWeight, subtractWeights } from '../weight.ts';
import type { Weight, WeightUnit } from '../weight.ts';
import type { PendingCommand, PendingJob, PendingRead } from './scale-queue.ts';
import type { Reading, Weighing, WeighingReason } from './weighing.ts';

export interface SoldWeight {
  readonly reading: Extract<Reading, { type: 'weight' }>;
  readonly price?: Scaled;
  /** The tare of the job, where the gateway takes it off. */
  readonly tare?: Weight;
}

/** Undefined where the tare is not below the weight: there is nothing to sell yet. */
export function doneRead(job: PendingRead, sold: SoldWeight): JobOutcome | undefined {
  const { reading, price, tare } = sold;
  const net = tare === undefined ? reading.weight : subtractWeights(reading.weight, tare);
  if (net === undefined || net.value <= 0) return undefined;
  const { unitPrice } = job.read;
  const result: Record<string, Json> = {
    weight: weightJson(reading.weight),
    net: weightJson(net),
    netByScale: reading.isNet,
    rawSha256: createHash('sha256').update(reading.raw).digest('hex'),
  };
  if (job.read.tare !== undefined) result['tare'] = weightJson(job.read.tare);
  if (price !== undefined && unitPrice !== undefined) {
    result['unitPrice'] = { ...unitPrice };
    result['price'] = { ...price };
  }
  return { state: 'done', result };
}

/** A read whose time is over: nothing happened, and the last reason says what to do. */
export function expiredRead(reason: WeighingReason): JobOutcome {
  const message = `There was no weight in time. ${WEIGHING_REASONS[reason]}`;
  return refusedJob('JOB_EXPIRED', message, { hint: HINTS[reason], reasons: [reason] });
}

const HINTS: Readonly<Record<WeighingReason, string>> = {
  SCAL_SUE_WEIGHT_UNSTABLE: 'Let go of the goods, keep draught and hands away, and ask again.',
  SCAL_SUE_WEIGHT_ZERO: 'Put the goods on the scale and ask again.',
  SCAL_SUE_WEIGHT_OVERWEIGHT: 'Take goods off: weigh them in parts.',
  SCAL_SUE_WEIGHT_UNDER_ZERO: 'Empty the scale and press its zero key, then ask again.',
  SCAL_SUE_NOT_READY: 'See that the scale is on and shows a weight, then ask again.',
  SCALE_NO_ZERO_RETURN: 'Lift the goods until the scale shows zero, then put down the next ones.',
  SCALE_UNDERWEIGHT: 'Weigh more at once; this scale may not sell so little.',
};

/**
 * A command whose time is over. Refused where it never left or the scale visibly did not do it,
 * unknown where it left and nothing came back.
 */
export function expiredCommand(
  job: PendingCommand,
  reason: WeighingReason | undefined,
): JobOutcome {
  const name = job.wish.type;
  if (!job.isSent) {
    return refusedJob('JOB_EXPIRED', `The scale was not free in time for ${name}.`);
  }
  if (job.isAnswered) {
    const message = `The scale answers, but did not carry out ${name}.`;
    return notDone(message, reason);
  }
  const problem = jobProblem('JOB_EXPIRED', `The scale did not answer to ${name}.`);
  return { state: 'unknown', error: problem };
}

export function refusedCommand(job: PendingCommand): JobOutcome {
  return notDone(`The scale refused ${job.wish.type}.`, undefined);
}

function notDone(message: string, reason: WeighingReason | undefined): JobOutcome {
  const reasons = reason === undefined ? {} : { reasons: [reason] };
  const hint = 'Let the scale come to rest and within its zero range, then ask again.';
  return refusedJob('PERIPHERAL_NOT_READY', message, { hint, ...reasons });
}

/** The connection ended. A read may be asked again; a command that left may have been carried out. */
export function interruptedJob(job: PendingJob): JobOutcome {
  const message = 'The connection to the scale ended.';
  if (job.type === 'read' || !job.isSent) return refusedJob('PERIPHERAL_ABSENT', message);
  return { state: 'unknown', error: jobProblem('JOB_INTERRUPTED', message) };
}

export function wrongUnit(weight: Weight, unit: WeightUnit): JobOutcome {
  const message = `The scale shows ${formatWeight(weight)}, which cannot be said exactly in ${unit}.`;
  return refusedJob('SCALE_UNIT', message);
}

/** Where the scale does not say so itself, its next weight shows whether a command was carried out. */
export function isCarriedOut({ wish }: PendingCommand, weighing: Weighing): boolean {
  const { reading } = weighing;
  if (wish.type === 'zero' || wish.tare === undefined) return weighing.isZero();
  const isWeight = reading.type === 'weight';
  if (wish.tare === 'clear') return isWeight && !reading.isNet;
  // A known tare on an empty plate shows as less than zero.
  return isWeight ? reading.isNet : reading.reason === 'SCAL_SUE_WEIGHT_UNDER_ZERO';
}

export function commandDone(): JobOutcome {
  return { state: 'done', result: { confirmed: true } };
}

export function neverItsTurn(): JobOutcome {
  return refusedJob('JOB_EXPIRED', 'Other jobs held the scale until the time was over.');
}

export function statusResult(
  { state, reasons }: PeripheralCondition,
  { reading, needsZero }: Weighing,
  identity: DeviceIdentity,
): Record<string, Json> {
  const weighed =
    reading.type === 'weight'
      ? { weight: weightJson(reading.weight), stable: reading.stable }
      : { weight: null, stable: false, reason: reading.reason };
  return { state, reasons: [...reasons], ...weighed, needsZero, identity: { ...identity } };
}
