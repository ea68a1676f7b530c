/** Judges a submission: the one entry point from bytes to a verdict. */
import { TillgateError } from '../errors.ts';
import type { JudgeContext, Judgement } from './judgement.ts';

export function judgeSubmission(
  payload: Uint8Array,
  context: JudgeContext,
): Judgement | Promise<Judgement> {
  throw new TillgateError('INTERNAL', `not judged: ${payload.length} ${context.deviceKeys.length}`);
}
