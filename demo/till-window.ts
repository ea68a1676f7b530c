/**
 * What one till still has to sell and what it waits for: pure bookkeeping. A submission without an
 * answer is submitted again with the same bytes, as often as it takes; a submission with an answer
 * never is. At most `inFlightMax` wait at a time.
 */
import type { GatewayLife, TillAnswer } from './till-messages.ts';

export type Submission = {
  transactionId: string;
  total: number;
  payload: Uint8Array;
  /** Standard base64 of SHA-256 over the payload, as the gateway's answer repeats it. */
  submissionHash: string;
};

/** The members of a result that a till acts on. */
export type ReceivedResult = {
  submissionHash: string;
  outcome: 'accepted' | 'rejected' | 'conflict' | 'unavailable';
  index?: number;
  origin?: string;
  retryAfterMs?: number;
};

export type Reaction =
  | { kind: 'answer'; answer: Omit<TillAnswer, 'deviceId'> }
  | { kind: 'retry'; afterMs: number }
  | { kind: 'ignored' };

/** Without a word from the gateway about it, a submission is not repeated sooner than this. */
const RETRY_DEFAULT_MS = 1_000;

export class TillWindow {
  readonly #waiting: Submission[];
  readonly #inFlight = new Map<string, Submission>();
  readonly #answered = new Map<string, Submission>();
  readonly #inFlightMax: number;

  constructor(submissions: readonly Submission[], inFlightMax: number) {
    this.#waiting = [...submissions].reverse();
    this.#inFlightMax = inFlightMax;
  }

  /** The next submissions that the window has room for; they count as in flight from now on. */
  take(): Submission[] {
    const taken: Submission[] = [];
    while (this.#inFlight.size < this.#inFlightMax) {
      const next = this.#waiting.pop();
      if (next === undefined) break;
      this.#inFlight.set(next.submissionHash, next);
      taken.push(next);
    }
    return taken;
  }

  /** Everything submitted and not answered, oldest first. */
  unanswered(): Submission[] {
    return [...this.#inFlight.values()];
  }

  /** What a result means; `life` is the gateway that sent it. */
  receive(result: ReceivedResult, life: GatewayLife): Reaction {
    const { submissionHash, outcome, index } = result;
    if (outcome === 'unavailable') {
      return { kind: 'retry', afterMs: result.retryAfterMs ?? RETRY_DEFAULT_MS };
    }
    const pending = this.#inFlight.get(submissionHash);
    const submission = pending ?? this.#answered.get(submissionHash);
    if (submission === undefined || index === undefined) return { kind: 'ignored' };
    this.#inFlight.delete(submissionHash);
    this.#answered.set(submissionHash, submission);
    const fromBefore = index < life.sizeAtStart || (result.origin ?? life.origin) !== life.origin;
    const duplicate = pending === undefined || fromBefore;
    const { transactionId, total } = submission;
    return { kind: 'answer', answer: { transactionId, outcome, total, index, duplicate } };
  }
}
