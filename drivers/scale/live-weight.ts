/**
 * The weight as events, for a display: from a `live` job until its time is over, each change once,
 * never faster than the interval. What changes in between is not lost: the next reading tells it.
 */
import type { PeripheralEvent } from '../session-machine.ts';
import type { Weight } from '../weight.ts';
import type { Reading } from './weighing.ts';

/** Five changes a second are as many as somebody can read. */
export const LIVE_INTERVAL_MS = 200;

export class LiveWeight {
  #untilMs = 0;
  #nextMs = 0;
  #told = '';

  /** From now on for so long; zero ends it. The next reading is told whatever was told before. */
  begin(durationMs: number, nowMs: number): void {
    this.#untilMs = nowMs + durationMs;
    this.#told = '';
  }

  tell(reading: Reading, nowMs: number): PeripheralEvent | undefined {
    if (nowMs >= this.#untilMs || nowMs < this.#nextMs) return undefined;
    const event = eventOf(reading);
    const text = JSON.stringify(event);
    if (text === this.#told) return undefined;
    this.#told = text;
    this.#nextMs = nowMs + LIVE_INTERVAL_MS;
    return event;
  }
}

function eventOf(reading: Reading): PeripheralEvent {
  if (reading.type === 'none') {
    return { type: 'weight', weight: null, stable: false, reason: reading.reason };
  }
  return { type: 'weight', weight: weightJson(reading.weight), stable: reading.stable };
}

/** A weight as it stands in events and results. */
export function weightJson({ value, scale, unit }: Weight): {
  value: number;
  scale: number;
  unit: string;
} {
  return { value, scale, unit };
}
