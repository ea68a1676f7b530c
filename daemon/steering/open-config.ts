/** Opens the keeper of the configuration on the parts of a gateway, running or not. */
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Answer, Append } from '../ledger/commands.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { ConfigBook } from './config-book.ts';
import { ConfigKeeper } from './config-keeper.ts';
import { KnownConfig } from './known-config.ts';

export function openConfig(parts: {
  paths: GatewayPaths;
  clock: Clock;
  ledger: { append(command: Append): Promise<Answer>; readonly tip: { origin: string } };
  reader: LedgerReader;
  config: Pick<GatewayConfig, 'store' | 'gateway'>;
  onChange: (config: GatewayConfig) => void;
}): ConfigKeeper {
  const { paths, clock, ledger, reader, onChange } = parts;
  const { store, gateway } = parts.config;
  return new ConfigKeeper({
    ...{ clock, ledger, reader, onChange, configFile: paths.configFile },
    place: `${store}/${gateway}`,
    known: new KnownConfig(paths.knownConfigFile),
    book: new ConfigBook({ reader, ledger, origin: () => ledger.tip.origin }),
  });
}
