/**
 * What an entry of a log says about stock, read without trust: an entry that this release cannot read
 * is one more thing to set aside, never a reason to stop.
 */
import { isTillgateError } from '../../protocol/errors.ts';
import { isJsonObject } from '../../protocol/json/json-value.ts';
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import { stockItemOf } from '../../protocol/rights/pool.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import type { DecodedEntry } from '../../protocol/log/entry.ts';

/** The event of the note that says that an item went below zero. */
export const DEFICIT_EVENT = 'stockDeficit';

/** Of units of stock: who wants some keeps them until they are collected or let go. */
export type Reservation = {
  reservationId: string;
  itemId: string;
  /** Thousandths. */
  amount: number;
  state: 'held' | 'released' | 'collected';
  /** Milliseconds since 1970. */
  untilMs: number | null;
};

export type StockEntry =
  | { kind: 'nothing' }
  | { kind: 'unreadable' }
  /** The log has this deficit. */
  | { kind: 'deficit'; itemId: string; origin: string; index: number }
  | ({ kind: 'reservation' } & Reservation)
  | {
      kind: 'transaction';
      transactionId: string;
      content: Json;
      /** Where it was accepted first, if it is a copy of that. */
      carriedFrom: { origin: string; index: number } | undefined;
    };

const NOTHING: StockEntry = { kind: 'nothing' };
const UNREADABLE: StockEntry = { kind: 'unreadable' };

/** `blob` gives the body where it is kept beside the log. */
export function readStockEntry(leaf: Uint8Array, blob: () => Uint8Array | undefined): StockEntry {
  const decoded = decoding(leaf);
  if (decoded === undefined) return NOTHING;
  const header = decoded.header as unknown as JsonObject;
  if (header['kind'] === 'note') return readDeficit(header);
  if (header['kind'] === 'grant') return readReservation(header);
  if (header['kind'] !== 'transaction' || header['training'] === true) return NOTHING;
  const { transactionId, carriedFrom } = header;
  if (header['uninterpreted'] === true || typeof transactionId !== 'string') return UNREADABLE;
  const body = decoded.header.body.at === 'blob' ? blob() : decoded.body;
  const content = body && parsed(body, header['mediaType'] === 'application/jose');
  if (content === undefined) return UNREADABLE;
  const place = placeOf(carriedFrom);
  return { kind: 'transaction', transactionId, content, carriedFrom: place };
}

function decoding(leaf: Uint8Array): DecodedEntry | undefined {
  try {
    return decodeEntry(leaf);
  } catch (error) {
    if (isTillgateError(error, 'LOG_ENTRY_INVALID')) return undefined;
    throw error;
  }
}

function readDeficit({ event, itemId, at }: JsonObject): StockEntry {
  const place = placeOf(at);
  if (event !== DEFICIT_EVENT || typeof itemId !== 'string' || place === undefined) return NOTHING;
  return { kind: 'deficit', itemId, ...place };
}

function readReservation({ event, reservationId, pool, amount, until }: JsonObject): StockEntry {
  if (event !== 'held' && event !== 'released' && event !== 'collected') return NOTHING;
  if (typeof reservationId !== 'string' || !Number.isSafeInteger(amount)) return NOTHING;
  const itemId = typeof pool === 'string' ? stockItemOf(pool) : undefined;
  if (itemId === undefined) return NOTHING;
  const untilMs = typeof until === 'string' ? Date.parse(until) : Number.NaN;
  return {
    ...{ kind: 'reservation', reservationId, itemId, amount: Number(amount), state: event },
    untilMs: Number.isNaN(untilMs) ? null : untilMs,
  };
}

function placeOf(value: Json | undefined): { origin: string; index: number } | undefined {
  if (!isJsonObject(value)) return undefined;
  const { origin, index } = value;
  return typeof origin === 'string' && Number.isSafeInteger(index)
    ? { origin, index: Number(index) }
    : undefined;
}

function parsed(body: Uint8Array, isJws: boolean): Json | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const payload = isJws
    ? Buffer.from(text.split('.')[1] ?? '', 'base64url').toString('utf8')
    : text;
  try {
    return JSON.parse(payload) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
