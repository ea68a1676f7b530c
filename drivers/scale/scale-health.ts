/**
 * Whether the scale is there and can weigh, from what it answers. A state is told when it changes,
 * and what comes and goes while goods are put down (under zero, overweight) only when it stays.
 */
import { TillgateError } from '../../protocol/errors.ts';
import type { PeripheralCondition } from '../session-machine.ts';
import type { Reading, WeighingReason } from './weighing.ts';

/** One lost answer is a bad line; three in a row are a scale that somebody switched off. */
const MISSED_UNTIL_NOT_READY = 3;
/** Then the port itself may be stuck: closing and opening it is worth a try. */
const MISSED_UNTIL_END = 8;
/** Goods that are put down hard overload a scale for less than this. */
const STEADY_MS = 1_000;

export class ScaleHealth {
  #missed = 0;
  #condition: PeripheralCondition = { state: 'notReady', reasons: ['SCAL_SUE_NOT_READY'] };
  #reason: WeighingReason | undefined;
  #sinceMs = 0;
  #hasGarbage = false;

  get condition(): PeripheralCondition {
    return this.#condition;
  }

  /** Why the session cannot go on. Bytes that are no answer mean a wrong protocol or line setting. */
  get end(): TillgateError | undefined {
    if (this.#missed < MISSED_UNTIL_END) return undefined;
    if (!this.#hasGarbage)
      return new TillgateError('PERIPHERAL_FAULT', 'The scale stopped answering.');
    return new TillgateError('PERIPHERAL_PROTOCOL', 'What the scale sends is not its protocol.');
  }

  sawGarbage(): void {
    this.#hasGarbage = true;
  }

  /** Returns the new condition where it changed. */
  missed(): PeripheralCondition | undefined {
    this.#missed += 1;
    if (this.#missed < MISSED_UNTIL_NOT_READY) return undefined;
    return this.#become({ state: 'notReady', reasons: ['SCAL_SUE_NOT_READY'] });
  }

  answered(reading: Reading | undefined, nowMs: number): PeripheralCondition | undefined {
    const wasLost = this.#missed >= MISSED_UNTIL_NOT_READY;
    this.#missed = 0;
    this.#hasGarbage = false;
    const reason = lasting(reading);
    if (reason !== this.#reason) {
      this.#reason = reason;
      this.#sinceMs = nowMs;
    }
    const isSteady = nowMs - this.#sinceMs >= STEADY_MS;
    const isFirst = wasLost || this.#condition.state === 'notReady';
    if (reason === undefined || isSteady || isFirst) return this.#become(conditionOf(reason));
    return undefined;
  }

  #become(condition: PeripheralCondition): PeripheralCondition | undefined {
    const isSame =
      condition.state === this.#condition.state &&
      condition.reasons.join() === this.#condition.reasons.join();
    this.#condition = condition;
    return isSame ? undefined : condition;
  }
}

/** Only what a person should see: motion and an empty plate are a scale's daily life. */
function lasting(reading: Reading | undefined): WeighingReason | undefined {
  if (reading?.type !== 'none') return undefined;
  const { reason } = reading;
  const isShown =
    reason === 'SCAL_SUE_NOT_READY' ||
    reason === 'SCAL_SUE_WEIGHT_OVERWEIGHT' ||
    reason === 'SCAL_SUE_WEIGHT_UNDER_ZERO';
  return isShown ? reason : undefined;
}

function conditionOf(reason: WeighingReason | undefined): PeripheralCondition {
  if (reason === undefined) return { state: 'ready', reasons: [] };
  return { state: reason === 'SCAL_SUE_NOT_READY' ? 'notReady' : 'ready', reasons: [reason] };
}
