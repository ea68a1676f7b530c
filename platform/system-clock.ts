/** The machine's clock: with the main files, the only place that asks the system for the time. */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../protocol/clock.ts';

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
