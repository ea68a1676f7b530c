/**
 * Which logs beside the newest are offered to HQ: those that this ledger wrote, and those that HQ
 * sent back whole. Not HQ's branch of a log whose own entries differ: this gateway has signed the
 * others, and signs no second history of one name.
 */
import type { LedgerReader } from '../ledger/reader.ts';

export function earlierEpochs(reader: LedgerReader): { epoch: number; origin: string }[] {
  const newest = reader.epochs().at(-1)?.epoch;
  const own = reader.epochs().filter(({ epoch }) => epoch !== newest);
  return [...reader.returned().filter(({ of }) => of === null), ...own];
}
