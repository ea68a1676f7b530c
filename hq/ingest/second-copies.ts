/**
 * Finds a second copy of a gateway that contradicts nothing: a disk of an earlier day that wrote
 * nothing of its own before it heard that headquarters holds more. It begins an epoch, as after any
 * roll-back, and what shows the other copy is that the log which was left goes on growing.
 *
 *     entry 0 of e2:      I follow e1; 40 entries of it are here, and a head of 60 is known
 *     e1 in custody:      0 ───────────── 40 ──────── 60 ─▶ 61: by someone who holds the first 60
 *
 * Guarantees: a gateway that is alone is not accused. Of the log that it left it can only send again
 * what it fetched from here, so the log does not grow beyond what custody held when e2 began. Relies
 * on custody not going back; an epoch that names no such head proves nothing.
 */
import { knownEndAbove } from '../../protocol/log/epoch-entry.ts';
import type { Custody } from '../custody/custody.ts';

export type SecondCopiesOptions = {
  custody: Custody;
  wallMs: () => number;
  /** `origin` goes on beside `later`, which took its place elsewhere; once for each. */
  onFound: (origin: string, later: string) => void;
};

export class SecondCopies {
  readonly #options: SecondCopiesOptions;
  /** For each epoch that follows: the size beyond which the log before it has another writer. */
  readonly #ends = new Map<string, number>();

  constructor(options: SecondCopiesOptions) {
    this.#options = options;
  }

  /** `origin` grew, or one of the epochs that follow it directly began. */
  async look(origin: string, followers: readonly string[]): Promise<void> {
    for (const later of followers) {
      const { size = 0 } = (await this.#options.custody.head(origin)) ?? {};
      const end = this.#ends.get(later);
      if (end === undefined) await this.#remember(later, size);
      else if (size > end) await this.#found(origin, later);
    }
  }

  async #remember(later: string, size: number): Promise<void> {
    const opening = await this.#options.custody.entry(later, 0);
    if (opening === undefined) return;
    const known = knownEndAbove(opening.leaf);
    this.#ends.set(later, known === undefined ? Infinity : Math.max(size, known));
  }

  async #found(origin: string, later: string): Promise<void> {
    const { custody, wallMs, onFound } = this.#options;
    const [held, claimed] = [
      await checkpointOf(custody, origin),
      await checkpointOf(custody, later),
    ];
    if (held === null || claimed === null) return;
    const before = await custody.evidence(origin);
    const isTold = before.some((evidence) => evidence.claimed.startsWith(`${later}\n`));
    const evidence = { origin, held, claimed, recordedAtMs: wallMs() };
    if (!isTold && (await custody.keepEvidence(evidence))) onFound(origin, later);
    this.#ends.set(later, Infinity);
  }
}

async function checkpointOf(custody: Custody, origin: string): Promise<string | null> {
  return (await custody.head(origin))?.checkpoint ?? null;
}
