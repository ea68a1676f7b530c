/**
 * What the verbs about the configuration and about prices work with while the daemon is down: opened by
 * the first of them, over one ledger and one reader.
 */
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { openPrices } from '../prices/open-prices.ts';
import type { PriceDesk } from '../prices/price-desk.ts';
import type { ConfigKeeper } from '../steering/config-keeper.ts';
import { readHqWords } from '../steering/hq-words.ts';
import { openConfig } from '../steering/open-config.ts';

export type OfflinePartsOptions = {
  paths: GatewayPaths;
  clock: Clock;
  config: GatewayConfig;
  /** Opens the ledger where it is not. */
  ledger: () => LedgerClient;
};

export class OfflineParts {
  readonly #options: OfflinePartsOptions;
  #reader: LedgerReader | undefined;
  #keeper: ConfigKeeper | undefined;
  #prices: PriceDesk | undefined;

  constructor(options: OfflinePartsOptions) {
    this.#options = options;
  }

  readonly keeper = (): ConfigKeeper =>
    (this.#keeper ??= openConfig({ ...this.#opened(), onChange: () => undefined }));

  readonly follow = (): Promise<void> => {
    const { paths, config } = this.#options;
    return this.keeper().follow(readHqWords(paths.feedsFile, config.gateway));
  };

  readonly prices = (): PriceDesk => (this.#prices ??= openPrices(this.#opened()).desk);

  close(): void {
    this.#reader?.close();
  }

  #opened(): Omit<OfflinePartsOptions, 'ledger'> & { ledger: LedgerClient; reader: LedgerReader } {
    // The ledger first: it makes the file where there is none.
    const ledger = this.#options.ledger();
    this.#reader ??= openLedgerReader(this.#options.paths.dataDir);
    return { ...this.#options, ledger, reader: this.#reader };
  }
}
