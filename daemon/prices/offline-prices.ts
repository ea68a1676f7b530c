/** The desk of a store's own prices while the daemon is down: opened by the first verb that needs it. */
import { openLedgerReader } from '../ledger/reader.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import type { OfflineOptions } from '../steering/offline-config.ts';
import { openPrices } from './open-prices.ts';
import type { PriceDesk } from './price-desk.ts';

export class OfflinePrices {
  readonly #options: OfflineOptions;
  #opened: { reader: LedgerReader; desk: PriceDesk } | undefined;

  constructor(options: OfflineOptions) {
    this.#options = options;
  }

  readonly prices = (): PriceDesk => {
    if (this.#opened !== undefined) return this.#opened.desk;
    const { paths, clock, config, ledger: open } = this.#options;
    const ledger = open();
    const reader = openLedgerReader(paths.dataDir);
    const { desk } = openPrices({ paths, clock, config, ledger, reader });
    this.#opened = { reader, desk };
    return desk;
  };

  close(): void {
    this.#opened?.reader.close();
  }
}
