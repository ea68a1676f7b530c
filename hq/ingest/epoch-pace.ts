/**
 * How often a gateway may begin a log. A disk that is put back at every start, or two copies that
 * push each other aside, begin epochs for ever; each costs headquarters a log of its own.
 */
import type { Clock } from '../../protocol/clock.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';

/** A bad day has a handful; beyond this somebody has to look. */
const EPOCHS_MAX = 100;
const WINDOW_MS = 24 * 3_600_000;
/** Gateways remembered; a process has fewer that begin an epoch within a day. */
const GATEWAYS_MAX = 10_000;

export class EpochPace {
  readonly #clock: Clock;
  readonly #begunAtMs = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a log that is about to be admitted, if it may be. */
  mayBegin(origin: string): boolean {
    const { domain, chain, store, gateway } = parseOrigin(origin);
    const name = [domain, chain, store, gateway].join('/');
    const nowMs = this.#clock.monotonicMs();
    const before = (this.#begunAtMs.get(name) ?? []).filter((atMs) => nowMs - atMs < WINDOW_MS);
    if (before.length >= EPOCHS_MAX) return false;
    if (this.#begunAtMs.size >= GATEWAYS_MAX) this.#begunAtMs.clear();
    this.#begunAtMs.set(name, [...before, nowMs]);
    return true;
  }
}
