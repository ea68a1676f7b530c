/**
 * What one booked transaction does to stock (SPEC.md section 1.11), as amounts by item. Pure; it takes
 * what is in a log, whoever judged it, so it reads without trust and says what it cannot read.
 * Whether the transaction counts at all (training, a copy of another) is for its caller.
 */
import { isJsonObject } from '../json/json-value.ts';
import type { Json, JsonObject } from '../json/json-value.ts';
import { addExact } from '../money.ts';
import type { Exact } from '../money.ts';
import { SCALE_MAX } from '../scaled.ts';
import { stockAmount } from './stock-amount.ts';

export type StockAmounts = ReadonlyMap<string, Exact>;

export type StockEffect =
  /** `isMovement`: somebody keeps stock of these items, it is not only sold. */
  | { kind: 'change'; isMovement: boolean; amounts: StockAmounts }
  | { kind: 'count'; asOf: number | undefined; amounts: StockAmounts }
  | { kind: 'nothing'; code?: 'STOCK_ENTRY_UNREADABLE' | 'STOCK_VOID_OF_COUNT' };

const NOTHING: StockEffect = { kind: 'nothing' };
const UNREADABLE: StockEffect = { kind: 'nothing', code: 'STOCK_ENTRY_UNREADABLE' };

/** `original` is the transaction that a void names, where it is known. */
export function stockEffect(transaction: Json, original?: Json): StockEffect {
  if (!isJsonObject(transaction)) return UNREADABLE;
  const direction = stockDirection(transaction, original);
  if (direction === 'none') return NOTHING;
  const amounts = amountsOf(transaction);
  if (amounts === undefined) return UNREADABLE;
  if (direction !== 'count') {
    const signed = direction === 'in' ? amounts : negated(amounts);
    const isMovement = movementOf(transaction) !== undefined;
    return amounts.size === 0 ? NOTHING : { kind: 'change', isMovement, amounts: signed };
  }
  if (transaction['type'] === 'void') return { kind: 'nothing', code: 'STOCK_VOID_OF_COUNT' };
  const asOf = isJsonObject(transaction['stock']) ? transaction['stock']['asOf'] : undefined;
  return { kind: 'count', asOf: typeof asOf === 'number' ? asOf : undefined, amounts };
}

/** The transaction that `stockEffect` wants to see beside this one. */
export function voidedTransaction(transaction: Json): string | undefined {
  if (!isJsonObject(transaction) || transaction['type'] !== 'void') return undefined;
  const { originalTransactionId: id } = transaction;
  return typeof id === 'string' ? id : undefined;
}

/** Which way quantities above zero go. */
export function stockDirection(
  transaction: JsonObject,
  original?: Json,
): 'in' | 'out' | 'count' | 'none' {
  switch (transaction['type']) {
    case 'sale':
      return 'out';
    case 'return':
      // Most tills write what comes back as less than zero; some do not.
      return hasNegativeLine(transaction) ? 'out' : 'in';
    case 'void':
      // Its quantities are the original's, negated: the same direction undoes it.
      return isJsonObject(original) && original['type'] !== 'void'
        ? stockDirection(original)
        : 'out';
    case 'adjustment':
      return directionOfMovement(movementOf(transaction));
    default:
      return 'none';
  }
}

function directionOfMovement(movement: string | undefined): 'in' | 'out' | 'count' | 'none' {
  switch (movement) {
    case undefined:
      return 'none';
    case 'count':
      return 'count';
    case 'transferOut':
      return 'out';
    default:
      return 'in';
  }
}

function movementOf({ stock }: JsonObject): string | undefined {
  const movement = isJsonObject(stock) ? stock['movement'] : undefined;
  return typeof movement === 'string' ? movement : undefined;
}

function hasNegativeLine({ lines }: JsonObject): boolean {
  return (
    Array.isArray(lines) &&
    lines.some((line) => {
      const quantity = isJsonObject(line) ? line['quantity'] : undefined;
      return isJsonObject(quantity) && Number(quantity['value']) < 0;
    })
  );
}

/** Lines of one item add up; undefined where a line cannot be read. */
function amountsOf({ lines }: JsonObject): Map<string, Exact> | undefined {
  const amounts = new Map<string, Exact>();
  if ((lines ?? null) === null) return amounts;
  if (!Array.isArray(lines)) return undefined;
  for (const line of lines) {
    if (!isJsonObject(line)) return undefined;
    const { itemId, quantity } = line;
    const amount = amountOf(quantity);
    if (typeof itemId !== 'string' || amount === undefined) return undefined;
    amounts.set(itemId, addExact(amounts.get(itemId) ?? 0, amount));
  }
  return amounts;
}

function amountOf(quantity: Json | undefined): Exact | undefined {
  if (!isJsonObject(quantity)) return undefined;
  const { value, scale } = quantity;
  const isScaled = Number.isSafeInteger(value) && Number.isInteger(scale) && Number(scale) >= 0;
  if (!isScaled || Number(scale) > SCALE_MAX) return undefined;
  return stockAmount({ value: Number(value), scale: Number(scale) });
}

function negated(amounts: StockAmounts): StockAmounts {
  return new Map([...amounts].map(([itemId, amount]) => [itemId, negative(amount)]));
}

function negative(amount: Exact): Exact {
  return typeof amount === 'number' ? 0 - amount : -amount;
}
