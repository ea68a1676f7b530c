/**
 * Wires stock with the log, the broker and the alarms. The thread begins with the first transaction
 * that keeps stock of something, or with the first question; sales alone begin nothing.
 */
import { systemSchedule } from '../../platform/schedule.ts';
import { scaledStock } from '../../protocol/stock/stock-amount.ts';
import { feedNewsTopic } from '../../protocol/topics.ts';
import type { Doors } from '../doors.ts';
import type { LogKeeping, SharedParts } from '../log-keeping.ts';
import type { Append } from '../ledger/commands.ts';
import { mentionsStock } from './mentions-stock.ts';
import { StockClient } from './stock-client.ts';
import type { ItemNews } from './stock-messages.ts';
import type { Deficit } from './stock-database.ts';
import { DEFICIT_EVENT } from './stock-entry.ts';

export type StockListeners = {
  /** stock.db is another file now. */
  onReplaced: (() => void)[];
  /** Reservations whose time is over. */
  onExpired: ((reservationIds: readonly string[]) => void)[];
};

export type StockParts = SharedParts & LogKeeping & Doors;

export function startStock(parts: StockParts): {
  stock: StockClient;
  stockListeners: StockListeners;
} {
  const { paths, log, teardown, ledger, alarms, observers } = parts;
  const stockListeners: StockListeners = { onReplaced: [], onExpired: [] };
  const stock: StockClient = new StockClient({
    ...{ dataDir: paths.dataDir, stockFile: paths.stockFile, schedule: systemSchedule, log },
    tip: () => ledger.tip,
    onDeficits: (deficits) => writeDeficits(deficits, stock, parts),
    onExpired: (ids) => {
      for (const listener of stockListeners.onExpired) listener(ids);
    },
    onNews: (items) => publishNews(items, parts),
    onReplaced: (message) => {
      if (message !== undefined) {
        log.error(message);
        alarms.raise('STOCK_DATABASE_DAMAGED', message);
      }
      for (const listener of stockListeners.onReplaced) listener();
    },
  });
  teardown.add('stock', () => stock.close());
  ledger.onCommit(() => stock.committed());
  observers.push((item, outcome) => {
    if (stock.isRunning || outcome.kind !== 'answered') return;
    if (outcome.answer.outcome === 'accepted' && mentionsStock(item.payload)) stock.start();
  });
  return { stock, stockListeners };
}

/** What cannot be written now the follower says again. */
function writeDeficits(
  deficits: readonly Deficit[],
  stock: StockClient,
  { ledger, log }: Pick<StockParts, 'ledger' | 'log'>,
): void {
  for (const deficit of deficits) {
    ledger.append(deficitEntry(deficit)).then(
      ({ duplicate }) => {
        if (duplicate) stock.known([deficit]);
      },
      (error: unknown) => log.warn({ err: error }, 'a deficit of stock could not be written down'),
    );
  }
}

function publishNews(
  items: readonly ItemNews[] | 'reload',
  { broker, clock }: Pick<StockParts, 'broker' | 'clock'>,
): void {
  const about = { collection: 'stock', at: new Date(clock.wallMs()).toISOString() };
  const tell = (news: object): void =>
    broker.publishOnce(feedNewsTopic('stock'), JSON.stringify({ ...news, ...about }));
  if (items === 'reload') tell({ type: 'reload' });
  else for (const { itemId, stock } of items) tell({ type: 'changed', id: itemId, stock });
}

/** The same for the same deficit, so that it is written once whoever asks for it again. */
function deficitEntry({ origin, index, itemId, onHand }: Deficit): Append {
  return {
    type: 'append',
    kind: 'note',
    members: { event: DEFICIT_EVENT, itemId, onHand: scaledStock(onHand), at: { origin, index } },
    once: `${DEFICIT_EVENT}:${origin}:${index}:${itemId}`,
  };
}
