/**
 * Which peripherals may still hold a part of a job that nobody knows the end of. The next session of
 * such a one is told, so that a driver can get rid of the rest before it begins something new.
 */
import type { JobState } from '../ledger/job-row.ts';
import type { SettledJob } from './job-book.ts';

export class PrintRests {
  readonly #holders = new Set<string>();

  /** In the order in which they ended; a job that never began says nothing. */
  settled({ row }: { readonly row: { peripheralId: string; state: JobState } }): void {
    if (row.state === 'unknown') this.#holders.add(row.peripheralId);
    if (row.state === 'done') this.#holders.delete(row.peripheralId);
  }

  /** What a start found interrupted. */
  interrupted(ended: readonly SettledJob[]): void {
    for (const settled of ended) this.settled(settled);
  }

  mayHold(peripheralId: string): boolean {
    return this.#holders.has(peripheralId);
  }
}
