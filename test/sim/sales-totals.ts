/**
 * The projection in a run: `interpretEntry`, the real one, with its rows folded the way the tables
 * fold them. The first entry of a (chain, store, transaction id) in custody order counts; the same
 * content in a second log is a duplicate, other content a conflict. Rows and cursor change
 * together, as in one database transaction.
 */
import { parseOrigin } from '../../protocol/log/origin.ts';
import type { CustodyReader } from '../../hq/custody/custody.ts';
import { interpretEntry } from '../../hq/projection/interpret.ts';

/** What the totals of headquarters add up; cash that was only moved is shown, not summed. */
const SUMMED_TYPES = new Set(['sale', 'return', 'void', 'adjustment']);

export type CountedSale = {
  contentHash: string;
  origin: string;
  index: number;
  type: string;
  currency: string;
  total: number;
  training: boolean;
};

export class SalesTotals {
  readonly counted = new Map<string, CountedSale>();
  duplicates = 0;
  conflicts = 0;
  quarantined = 0;
  entries = 0;
  #cursor: string | null = null;

  /** The cursor of a custody that went back is not covered: everything is made again. */
  async follow(custody: CustodyReader): Promise<void> {
    if (this.#cursor !== null && !(await custody.covers(this.#cursor))) this.#forget();
    for (;;) {
      const { records, cursor } = await custody.tail(this.#cursor);
      if (cursor === this.#cursor) return;
      for (const { origin, entries } of records) {
        for (const { index, leaf } of entries) {
          const blob = await custody.blob(origin, index);
          this.#add({ origin, index }, leaf, blob?.bytes);
        }
      }
      this.#cursor = cursor;
      if (records.length === 0) return;
    }
  }

  /** Minor units by currency. */
  sums(): Map<string, number> {
    const sums = new Map<string, number>();
    for (const { type, currency, total, training } of this.counted.values()) {
      if (training || !SUMMED_TYPES.has(type)) continue;
      sums.set(currency, (sums.get(currency) ?? 0) + total);
    }
    return sums;
  }

  #add(
    at: { origin: string; index: number },
    leaf: Uint8Array,
    blob: Uint8Array | undefined,
  ): void {
    this.entries += 1;
    const interpreted = interpretEntry(leaf, blob);
    if (interpreted.kind === 'quarantine') this.quarantined += 1;
    if (interpreted.kind !== 'transaction') return;
    const { content, contentHash } = interpreted;
    const { chain, store } = parseOrigin(at.origin);
    const key = `${chain}/${store}/${content.transactionId}`;
    const first = this.counted.get(key);
    if (first === undefined) {
      const { type, currency, total, training } = content;
      const sale = { contentHash, ...at, type, currency, total, training: training === true };
      this.counted.set(key, sale);
    } else if (first.contentHash === contentHash) this.duplicates += 1;
    else this.conflicts += 1;
  }

  #forget(): void {
    this.counted.clear();
    this.duplicates = 0;
    this.conflicts = 0;
    this.quarantined = 0;
    this.entries = 0;
    this.#cursor = null;
  }
}
