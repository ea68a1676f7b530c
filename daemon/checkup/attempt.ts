/** Something that was read, or why it could not be: a check judges both. */
import { systemFailure } from '../../platform/system-failure.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import type { TillgateError } from '../../protocol/errors.ts';

export type Attempt<T> = { ok: true; value: T } | { ok: false; error: TillgateError };

/** What is neither our own error nor the system's refusal comes through. */
export function attempt<T>(read: () => T): Attempt<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    return { ok: false, error: explained(error) };
  }
}

export async function attemptLater<T>(read: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await read() };
  } catch (error) {
    return { ok: false, error: explained(error) };
  }
}

export function valueOf<T>(tried: Attempt<T>): T | undefined {
  return tried.ok ? tried.value : undefined;
}

function explained(error: unknown): TillgateError {
  if (isTillgateError(error)) return error;
  const failure = systemFailure(error);
  if (failure !== undefined) return failure;
  throw error;
}
