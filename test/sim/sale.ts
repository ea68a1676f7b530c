/**
 * What tills sell, small and valid, and what they send by mistake. The content is told from its text
 * without lastResult: that is what "the same content" means to the oracle, independently of the
 * product's own hash.
 */
import type { Dice } from './dice.ts';

export type SaleVariant =
  | 'plain'
  /** Its total is wrong at first; the corrected one follows under the same id. */
  | 'wrongSum'
  /** Not JSON. */
  | 'garbage'
  /** A schemaVersion above ours. */
  | 'later'
  /** A body beyond what fits into an entry. */
  | 'large'
  | 'training'
  | 'cashMovement'
  /** The id of a sale before it, with other content. */
  | 'collides';

export type LastResult = { origin: string; index: number; leafHash: string };

export type SaleContent = Record<string, unknown> & {
  transactionId: string;
  currency: string;
  total: number;
};

const CURRENCIES = ['EUR', 'GBP'];
const LARGE_TEXT = 'x'.repeat(34 * 1024);

export function makeContent(
  dice: Dice,
  about: { transactionId: string; sequenceNumber: number; variant: SaleVariant },
): SaleContent {
  const { transactionId, sequenceNumber, variant } = about;
  const total = dice.between(1, 9_999);
  const isMovement = variant === 'cashMovement';
  return {
    transactionId,
    type: isMovement ? 'cashMovement' : 'sale',
    sequenceNumber,
    businessDate: '2010-12-01',
    occurredAt: '2010-12-01T08:26:00Z',
    currency: dice.pick(CURRENCIES),
    ...(!isMovement && { lines: [lineOf(total)], tenders: [{ type: 'cash', amount: total }] }),
    total,
    ...(variant === 'training' && { training: true }),
    ...(variant === 'later' && { schemaVersion: 2, novelty: dice.below(1_000) }),
    ...(variant === 'large' && { extensions: { 'com.example.note': LARGE_TEXT } }),
  };
}

export function withWrongTotal(content: SaleContent): SaleContent {
  return { ...content, total: content.total + 1 };
}

/** Bytes as a till sends them. */
export function encodeSale(content: SaleContent, lastResult: LastResult | undefined): Uint8Array {
  return Buffer.from(JSON.stringify(lastResult ? { ...content, lastResult } : content));
}

/** Tells contents apart; undefined for what is no transaction. */
export function contentKey(bytes: Uint8Array): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const content = { ...(value as Record<string, unknown>) };
  delete content['lastResult'];
  return JSON.stringify(content);
}

/** What a content adds to the totals: nothing where it is not sold, or cannot be read yet. */
export function amountOf(content: SaleContent): { currency: string; minor: number } | undefined {
  const { type, training, schemaVersion, currency, total } = content;
  const counts = type === 'sale' && training !== true && schemaVersion === undefined;
  return counts ? { currency, minor: total } : undefined;
}

function lineOf(total: number): Record<string, unknown> {
  return {
    lineNumber: 1,
    itemId: 'A1',
    quantity: { value: 1, scale: 0 },
    unitPrice: { value: total, scale: 2 },
    extendedAmount: total,
  };
}
