/**
 * The thread that answers questions: it only reads, through connections of its own, so neither the
 * broker nor a writer waits for it. Only wiring is here.
 */
import { existsSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { isTillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import { isStockDamage } from '../stock/stock-file.ts';
import { StockReader } from '../stock/stock-reader.ts';
import { FeedReader } from '../../platform/feeds/feed-reader.ts';
import { isFeedDamage } from '../../platform/feeds/feed-file.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import { priceKey } from '../prices/override-event.ts';
import type { PriceOverride } from '../prices/override-event.ts';
import { answerQuery } from './answer-query.ts';
import { failure } from './query-answer.ts';
import { waitsForStock } from './answer-stock.ts';
import type { QueryContext } from './answer-query.ts';
import type { FromQueries, QueryWorkerData, ToQueries } from './query-messages.ts';

type Asked = Extract<ToQueries, { type: 'query' }>;

const port = must(parentPort, 'questions are answered in a worker');
const data = workerData as QueryWorkerData;
let feeds: FeedReader | undefined;
let ledger: LedgerReader | undefined;
let stock: StockReader | undefined;
let confirmedAt: ReadonlyMap<string, string> = new Map();
let overrides: ReadonlyMap<string, PriceOverride> = new Map();

/** Opened when first needed: there may be none yet. */
function openedFeeds(): FeedReader | undefined {
  if (feeds !== undefined || !existsSync(data.feedsFile)) return feeds;
  try {
    feeds = new FeedReader(data.feedsFile);
  } catch (error) {
    // Not made whole yet, or damaged, which its writer finds and heals.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
  return feeds;
}

function openedLedger(): LedgerReader | undefined {
  if (ledger !== undefined) return ledger;
  try {
    ledger = openLedgerReader(data.dataDir);
  } catch (error) {
    if (isTillgateError(error, 'LEDGER_MISSING')) return undefined;
    throw error;
  }
  return ledger;
}

function openedStock(): StockReader | undefined {
  stock ??= StockReader.open(data.stockFile);
  return stock;
}

function closeFiles(): void {
  feeds?.close();
  feeds = undefined;
  stock?.close();
  stock = undefined;
}

/** Undefined where it has to wait for stock, and `isLate` says that it did not. */
function answered({ payload, heldByHq, isLate }: Asked): string | undefined {
  const nowMs = systemClock.wallMs();
  try {
    const { store, currency } = data;
    const parts = { feeds: openedFeeds(), ledger: openedLedger(), stock: openedStock() };
    const known = { confirmedAt, heldByHq, overrides };
    const context: QueryContext = { ...parts, store, currency, nowMs, ...known };
    if (!isLate && waitsForStock(context, payload)) return undefined;
    return JSON.stringify(answerQuery(context, payload));
  } catch (error) {
    // Its writer finds it too, and heals it.
    if (!isFeedDamage(error) && !isStockDamage(error)) throw error;
    closeFiles();
    const at = new Date(nowMs).toISOString();
    const refused = failure('refused', 'QUERY_UNAVAILABLE');
    return JSON.stringify({ queryId: null, query: null, ...refused, feeds: [], at });
  }
}

port.on('message', (message: ToQueries) => {
  switch (message.type) {
    case 'query': {
      const { id } = message;
      const answer = answered(message);
      const reply: FromQueries =
        answer === undefined ? { type: 'behind', id } : { type: 'answer', id, answer };
      port.postMessage(reply);
      return;
    }
    case 'known':
      confirmedAt = new Map(message.confirmedAt);
      return;
    case 'overrides':
      overrides = new Map(message.overrides.map((override) => [priceKey(override), override]));
      return;
    case 'reopen':
      closeFiles();
  }
});
