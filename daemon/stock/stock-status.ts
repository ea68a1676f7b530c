/** What is known of stock at a gateway: for status, and for who waits for it. */
import type { SetAside } from './stock-database.ts';

export type StockStatus = {
  /** False until something moves goods or asks for them; then all is added up from the log. */
  running: boolean;
  /** Items that anything was ever sold or known of. */
  items: number;
  /** The newest log, and how many of its entries are added up. */
  origin: string;
  size: number;
  /** Entries that are not added up yet, over all logs. */
  behind: number;
  /** What could not be added up: how many ever, and the newest. */
  setAside: { count: number; newest: SetAside[] };
};

export const NO_STOCK: StockStatus = {
  ...{ running: false, items: 0, origin: '', size: 0, behind: 0 },
  setAside: { count: 0, newest: [] },
};
