/**
 * The thread that adds stock up: it only reads the ledger, through a connection of its own, and is the
 * only one that writes stock.db. No sale waits for it. Only wiring is here, and what to do about a file
 * that is damaged, of another ledger, or on a full disk.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { must } from '../../protocol/must.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { shownStock } from './shown-stock.ts';
import { StockDatabase } from './stock-database.ts';
import { isStockDamage, isStockTrouble, removeStock, setStockAside } from './stock-file.ts';
import { StockFollower } from './stock-follower.ts';
import { HqTime } from './hq-time.ts';
import type { FromStock, StockWorkerData, ToStock } from './stock-messages.ts';
import { StockPace } from './stock-pace.ts';

/** Status goes to the main thread at most this often while much is read. */
const STATUS_INTERVAL_MS = 250;
/** Devices hear of an item at most this often. */
const NEWS_INTERVAL_MS = 1_000;
/** What a screen takes in at once; more changes are one word. */
const NEWS_MAX = 200;
/** Deficits on their way to the log. */
const DEFICITS_MAX = 64;
/** What the log did not take (its disk was full) is said again. */
const DEFICITS_AGAIN_MS = 5_000;
/** Reservations that end together. */
const EXPIRED_MAX = 64;
/** What the log did not take is said again, and the clock may be set meanwhile. */
const DUE_AGAIN_MS = 1_000;
const DUE_LOOK_MS = 60_000;
/** A full disk or one that fails is left alone for so long. */
const TROUBLE_MS = 5_000;

const main = must(parentPort, 'stock is added up in a worker');
const { dataDir, stockFile } = workerData as StockWorkerData;
const reader = openLedgerReader(dataDir);
const pace = new StockPace();
const time = new HqTime(systemClock, reader);
let database = opened();
let follower = followed();
let isLooking = false;
let isClosing = false;
let statusAtMs = 0;
let deficitsAtMs: number | undefined;
const changed = new Set<string>();
let dueTimer: NodeJS.Timeout | undefined;
let newsTimer: NodeJS.Timeout | undefined;

function send(message: FromStock): void {
  main.postMessage(message);
}

function opened(): StockDatabase {
  try {
    return new StockDatabase(stockFile);
  } catch (error) {
    if (!isStockDamage(error)) throw error;
    return replaced(error);
  }
}

function replaced(error: unknown): StockDatabase {
  const aside = setStockAside(stockFile);
  const reason = error instanceof Error ? error.message : String(error);
  const message = `The stock that was added up is damaged (${reason}); it was set aside as ${aside} and is added up again.`;
  send({ type: 'replaced', message });
  return new StockDatabase(stockFile);
}

/** A file of a ledger that was restored, or is another one, begins anew. */
function followed(): StockFollower {
  const one = new StockFollower(reader, database);
  if (one.isOf()) return one;
  database.close();
  removeStock(stockFile);
  database = new StockDatabase(stockFile);
  send({ type: 'replaced', message: undefined });
  return new StockFollower(reader, database);
}

/** Does it again later where the disk is full; throws what nobody expected. */
function healed(error: unknown): void {
  if (isStockDamage(error)) {
    database.close();
    database = replaced(error);
    follower = new StockFollower(reader, database);
    return;
  }
  if (!isStockTrouble(error)) throw error;
  send({ type: 'trouble', message: error instanceof Error ? error.message : String(error) });
  isLooking = true;
  setTimeout(step, TROUBLE_MS).unref();
}

function look(): void {
  if (isLooking || isClosing) return;
  isLooking = true;
  step();
}

function step(): void {
  if (isClosing) return;
  isLooking = false;
  const beganMs = systemClock.monotonicMs();
  try {
    const { entries, behind, changed: items } = follower.step();
    const nowMs = systemClock.monotonicMs();
    for (const itemId of items) if (changed.size <= NEWS_MAX) changed.add(itemId);
    if (changed.size > 0) newsSoon();
    const { origin, size } = follower.position();
    const rest = pace.rest(nowMs - beganMs, { total: size + behind, nowMs });
    if (entries > 0) {
      isLooking = true;
      setTimeout(step, rest);
    }
    if (behind > 0 && nowMs - statusAtMs < STATUS_INTERVAL_MS) return;
    statusAtMs = nowMs;
    const { items: count } = database;
    const setAside = database.listSetAside();
    send({
      type: 'status',
      status: { running: true, items: count, origin, size, behind, setAside },
    });
    if (behind > 0 || !database.isWhole) return;
    tellDeficits(nowMs);
    tellExpired();
  } catch (error) {
    healed(error);
  }
}

/** Those that the log lacks when all of it is read; their entries take them off the list. */
function tellDeficits(nowMs: number): void {
  const deficits = database.deficits(DEFICITS_MAX);
  if (deficits.length === 0) {
    deficitsAtMs = undefined;
    return;
  }
  if (deficitsAtMs !== undefined && nowMs - deficitsAtMs < DEFICITS_AGAIN_MS) return;
  deficitsAtMs = nowMs;
  send({ type: 'deficits', deficits });
  setTimeout(look, DEFICITS_AGAIN_MS + 1).unref();
}

/** Those whose time has come by headquarters' time; the entries that let them go take them off the list. */
function tellExpired(): void {
  const nowMs = time.nowMs();
  const reservationIds = database.due(nowMs, EXPIRED_MAX);
  if (reservationIds.length > 0) send({ type: 'expired', reservationIds });
  const nextMs = database.nextDueMs();
  if (nextMs === undefined) return;
  clearTimeout(dueTimer);
  const waitMs = Math.min(DUE_LOOK_MS, Math.max(DUE_AGAIN_MS, nextMs - nowMs));
  dueTimer = setTimeout(look, waitMs);
  dueTimer.unref();
}

function newsSoon(): void {
  newsTimer ??= setTimeout(tellNews, NEWS_INTERVAL_MS);
  newsTimer.unref();
}

function tellNews(): void {
  newsTimer = undefined;
  // What is added up for the first time, or again, is no news while it lasts.
  if (!database.isWhole) {
    newsSoon();
    return;
  }
  const position = follower.position();
  const items = [...changed].map((itemId) => ({
    itemId,
    stock: shownStock(database.item(itemId), {
      promised: database.promised(itemId),
      ...position,
    }),
  }));
  changed.clear();
  send({ type: 'news', items: items.length > NEWS_MAX ? 'reload' : items });
}

main.on('message', (message: ToStock) => {
  switch (message.type) {
    case 'look':
      look();
      return;
    case 'known':
      try {
        database.transact(() => {
          for (const deficit of message.deficits) database.dropDeficit(deficit);
        });
      } catch (error) {
        healed(error);
      }
      return;
    case 'close':
      isClosing = true;
      clearTimeout(newsTimer);
      clearTimeout(dueTimer);
      database.close();
      reader.close();
      send({ type: 'closed' });
      main.close();
  }
});

look();
