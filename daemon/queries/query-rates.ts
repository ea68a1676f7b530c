/** How often each device may ask: a bucket each that fills steadily. Bounded in devices. */
import type { Clock } from '../../protocol/clock.ts';

/** A person scans five articles in a second, and a till asks for each several things. */
const PER_SECOND = 250;
const SAVED_MAX = 250;
/** More devices than a store has; the oldest is forgotten, and begins with a full bucket. */
const DEVICES_MAX = 4_096;
const MS_PER_SECOND = 1_000;

export class QueryRates {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  may(deviceId: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const bucket = this.#buckets.get(deviceId) ?? { tokens: SAVED_MAX, atMs: nowMs };
    const filled = bucket.tokens + ((nowMs - bucket.atMs) * PER_SECOND) / MS_PER_SECOND;
    const tokens = Math.min(SAVED_MAX, filled) - 1;
    this.#buckets.delete(deviceId);
    if (this.#buckets.size >= DEVICES_MAX) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    // What is refused is not charged.
    this.#buckets.set(deviceId, { tokens: tokens < 0 ? tokens + 1 : tokens, atMs: nowMs });
    return tokens >= 0;
  }
}
