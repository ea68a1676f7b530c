/** Opens the desk of a store's own prices on the parts of a gateway, running or not. */
import { setImmediate as turn } from 'node:timers/promises';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Answer, Append } from '../ledger/commands.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { OverrideBook } from './override-book.ts';
import { PriceDesk } from './price-desk.ts';
import { publishedPrices } from './published-prices.ts';

export type Prices = { book: OverrideBook; desk: PriceDesk };

export function openPrices(parts: {
  paths: Pick<GatewayPaths, 'feedsFile'>;
  clock: Clock;
  ledger: { append(command: Append): Promise<Answer>; readonly tip: { origin: string } };
  reader: LedgerReader;
  config: Pick<GatewayConfig, 'store'>;
}): Prices {
  const { paths, clock, ledger, reader } = parts;
  const book = new OverrideBook({ clock, reader, ledger, origin: () => ledger.tip.origin });
  const feeds = publishedPrices(paths.feedsFile, parts.config.store);
  const desk = new PriceDesk({ book, clock, ledger, feeds, pause: turn });
  return { book, desk };
}
