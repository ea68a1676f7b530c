/** The configuration's keeper while the daemon is down: opened by the first verb that needs it. */
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import type { ConfigKeeper } from './config-keeper.ts';
import { readHqWords } from './hq-words.ts';
import { openConfig } from './open-config.ts';

export type OfflineOptions = {
  paths: GatewayPaths;
  clock: Clock;
  config: GatewayConfig;
  /** Opens the ledger where it is not. */
  ledger: () => LedgerClient;
};

export class OfflineConfig {
  readonly #options: OfflineOptions;
  #opened: { reader: LedgerReader; keeper: ConfigKeeper } | undefined;

  constructor(options: OfflineOptions) {
    this.#options = options;
  }

  readonly keeper = (): ConfigKeeper => {
    if (this.#opened !== undefined) return this.#opened.keeper;
    const { paths, clock, config, ledger: open } = this.#options;
    const ledger = open();
    const reader = openLedgerReader(paths.dataDir);
    const onChange = (): void => undefined;
    const keeper = openConfig({ paths, clock, config, ledger, reader, onChange });
    this.#opened = { reader, keeper };
    return keeper;
  };

  readonly follow = (): Promise<void> => {
    const { paths, config } = this.#options;
    return this.keeper().follow(readHqWords(paths.feedsFile, config.gateway));
  };

  close(): void {
    this.#opened?.reader.close();
  }
}
