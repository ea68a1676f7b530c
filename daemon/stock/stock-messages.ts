/** What crosses between the main thread and the one that adds stock up. All survives a structured clone. */
import type { Deficit } from './stock-database.ts';
import type { StockStatus } from './stock-status.ts';

export type StockWorkerData = { dataDir: string; stockFile: string };

export type ToStock =
  /** There may be new entries. */
  | { type: 'look' }
  /** The log had these before. */
  | { type: 'known'; deficits: Omit<Deficit, 'onHand'>[] }
  | { type: 'close' };

/** The stock of an item, as devices are told. */
export type ItemNews = { itemId: string; stock: object };

export type FromStock =
  | { type: 'status'; status: StockStatus }
  /** To be written to the log; said again until the log has them. */
  | { type: 'deficits'; deficits: Deficit[] }
  /** Nobody came for these in time; said again until the log has let them go. */
  | { type: 'expired'; reservationIds: string[] }
  /** 'reload': more changed than is told one by one. */
  | { type: 'news'; items: ItemNews[] | 'reload' }
  /** The file is another one now. */
  | { type: 'replaced'; message: string | undefined }
  | { type: 'trouble'; message: string }
  | { type: 'closed' };
