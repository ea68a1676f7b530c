/**
 * The logs of a gateway in the order in which things happened: its epochs, and what headquarters gave
 * back of logs that were lost here. A lost log comes before the epoch that was open when it began to
 * come back; of a log with two branches both have its rank.
 */
import { parseOrigin } from '../../protocol/log/origin.ts';
import type { LedgerReader } from '../ledger/reader.ts';

export type StockLog = {
  /** Names its entries in the ledger. */
  log: number;
  origin: string;
  rank: number;
  /** Entries below this stand elsewhere. */
  start: number;
  size: number;
  /** From here on headquarters gave the entries back; a transaction may stand here a second time. */
  returnedFrom: number;
};

/** Lost logs between two epochs; more than these are in no order among themselves. */
const RANKS_PER_EPOCH = 1_024;

export function stockLogs(reader: Pick<LedgerReader, 'epochs' | 'returned'>): StockLog[] {
  const epochs = reader.epochs();
  const places = reader.returned();
  const rankOf = (epoch: number): number => epoch * RANKS_PER_EPOCH;
  const own = epochs.map(({ epoch, origin, size }) => {
    const base = places.find((place) => place.epoch === epoch)?.base;
    const returnedFrom = base ?? Number.MAX_SAFE_INTEGER;
    return { log: epoch, origin, rank: rankOf(epoch), start: 0, size, returnedFrom };
  });
  const beside = places
    .filter(({ epoch, of }) => epoch !== of)
    .map(({ epoch, origin, of, base, size }) => {
      const before = Math.max(...epochs.filter((known) => known.epoch < epoch).map((k) => k.epoch));
      const among = Math.min(parseOrigin(origin).epoch, RANKS_PER_EPOCH - 2);
      const rank = of === null ? rankOf(before - 1) + 1 + among : rankOf(of);
      return { log: epoch, origin, rank, start: base, size, returnedFrom: base };
    });
  return [...own, ...beside].sort((a, b) => a.rank - b.rank || a.log - b.log);
}
