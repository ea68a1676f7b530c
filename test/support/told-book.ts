/**
 * What the tills were told, in the order they heard it: the oracle of every suite that takes
 * processes or disks away. Whatever contradicts an earlier answer is a violation the moment it is
 * heard; whether the log agrees is judged by log-oracle.ts.
 */
import type { Answer } from './till-under-test.ts';
import type { Submission } from './submission-mix.ts';

/** One thing that a till heard. */
export type Told =
  | { kind: 'accepted'; submission: Submission; origin: string; index: number; leafHash: string }
  | { kind: 'kept'; submission: Submission; outcome: 'rejected' | 'conflict'; index: number }
  /** The PUBACK alone: decided and recorded, whatever the answer will be. */
  | { kind: 'recorded'; submission: Submission };

export class ToldBook {
  /** Only ever grows: its length names a moment. */
  readonly told: Told[] = [];
  readonly violations: string[] = [];
  readonly #accepted = new Map<string, Told & { kind: 'accepted' }>();
  readonly #kept = new Map<string, Told & { kind: 'kept' }>();
  /** Answers that had been given before. */
  repeated = 0;

  get acceptedCount(): number {
    return this.#accepted.size;
  }

  get keptCount(): number {
    return this.#kept.size;
  }

  recorded(submission: Submission): void {
    this.told.push({ kind: 'recorded', submission });
  }

  answered(submission: Submission, answer: Answer): void {
    // Nothing was promised: it is sent again.
    if (answer.outcome === 'unavailable') return;
    if (answer.outcome === 'accepted') this.#accept(submission, answer);
    else this.#keep(submission, answer.outcome, answer.index);
  }

  #accept(submission: Submission, { origin, index, leafHash }: Answer): void {
    const id = submission.transactionId ?? 'unreadable';
    if (!submission.acceptable) this.violations.push(`${id} was accepted, and must not be`);
    const before = this.#accepted.get(id);
    const told = { kind: 'accepted', submission, origin, index, leafHash } as const;
    if (before === undefined) {
      this.#accepted.set(id, told);
      this.told.push(told);
      return;
    }
    this.repeated += 1;
    const isSame = before.submission.submissionHash === submission.submissionHash;
    if (!isSame) this.violations.push(`${id} was accepted with two contents`);
    if (before.origin === origin && before.index === index && before.leafHash === leafHash) return;
    this.violations.push(
      `${id} was accepted at ${before.origin} ${before.index} and at ${origin} ${index}`,
    );
  }

  #keep(submission: Submission, outcome: 'rejected' | 'conflict', index: number): void {
    const { submissionHash, transactionId = 'something unreadable' } = submission;
    if (outcome === 'rejected' && submission.acceptable) {
      this.violations.push(`${transactionId} was rejected, and is acceptable`);
    }
    const before = this.#kept.get(submissionHash);
    if (before === undefined) {
      const told = { kind: 'kept', submission, outcome, index } as const;
      this.#kept.set(submissionHash, told);
      this.told.push(told);
      return;
    }
    this.repeated += 1;
    if (before.index === index && before.outcome === outcome) return;
    this.violations.push(
      `${transactionId} was ${before.outcome} at ${before.index} and ${outcome} at ${index}`,
    );
  }
}
