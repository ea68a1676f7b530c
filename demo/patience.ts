/** Waiting for something with an end to it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TillgateError } from '../protocol/errors.ts';

export type Patience = {
  /** What is waited for, as the rest of "The demonstration waited in vain for …". */
  what: string;
  /** Given up after this long without a new value of `progress`. */
  limitMs: number;
  everyMs: number;
  signal: AbortSignal;
  /** What shows that it is worth waiting on; without it the limit counts from the beginning. */
  progress?: () => unknown;
};

/** Resolves with the first value of `probe` that is not undefined; throws DEMO_FAILED otherwise. */
export async function waitFor<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  patience: Patience,
): Promise<T> {
  const { what, limitMs, everyMs, signal, progress } = patience;
  let seen = progress?.();
  let since = performance.now();
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    const now = progress?.();
    if (now !== seen) {
      seen = now;
      since = performance.now();
    }
    if (performance.now() - since > limitMs) {
      throw new TillgateError('DEMO_FAILED', `The demonstration waited in vain for ${what}.`);
    }
    await sleep(everyMs, undefined, { signal });
  }
}
