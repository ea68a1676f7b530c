/**
 * What the tills were told, kept on disk beside the homes: an answer counts once, however often it
 * was given, and stays known when a later replay goes on with the same homes. The sum over the
 * accepted ones is what the tills took, which headquarters has to agree with.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { TillAnswer } from './till-messages.ts';

type Kept = Pick<TillAnswer, 'transactionId' | 'outcome' | 'total' | 'index'>;

export class AnswerBook {
  readonly #path: string;
  readonly #kept = new Map<string, Kept>();
  readonly #thisTime = new Map<string, TillAnswer['outcome']>();
  /** Answers that the log held before the submission. */
  duplicates = 0;

  constructor(path: string) {
    this.#path = path;
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      if (line === '') continue;
      const kept = JSON.parse(line) as Kept;
      this.#kept.set(kept.transactionId, kept);
    }
  }

  add(answer: TillAnswer): void {
    const { transactionId, outcome, total, index } = answer;
    if (answer.duplicate) this.duplicates += 1;
    this.#thisTime.set(transactionId, outcome);
    if (this.#kept.get(transactionId)?.outcome === outcome) return;
    const kept: Kept = { transactionId, outcome, total, index };
    this.#kept.set(transactionId, kept);
    appendFileSync(this.#path, `${JSON.stringify(kept)}\n`);
  }

  /** Transactions answered in this replay. */
  get answered(): number {
    return this.#thisTime.size;
  }

  /** How many transactions of this replay have that outcome. */
  count(outcome: TillAnswer['outcome']): number {
    return [...this.#thisTime.values()].filter((each) => each === outcome).length;
  }

  /** Pennies over every accepted transaction, of earlier replays too. */
  get acceptedTotal(): bigint {
    let total = 0n;
    for (const kept of this.#kept.values()) {
      if (kept.outcome === 'accepted') total += BigInt(kept.total);
    }
    return total;
  }
}
