/**
 * Assertions for our own mistakes. Input from outside never reaches these: it is refused with a
 * code before. A failed assertion means that the program is wrong, so it carries no hint.
 */
import { TillgateError } from './errors.ts';

/** Throws `INTERNAL` when `condition` is false; `sentence` says what was expected to hold. */
export function assert(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new TillgateError('INTERNAL', `Assertion failed: ${sentence}`);
}

/** Returns `value`, which the caller knows to be present; throws `INTERNAL` when it is not. */
export function must<T>(value: T | null | undefined, sentence: string): T {
  if (value === null || value === undefined) {
    throw new TillgateError('INTERNAL', `Assertion failed: ${sentence}`);
  }
  return value;
}
