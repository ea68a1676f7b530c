/**
 * What headquarters takes from an entry of a gateway's log about rights: facts, one for each pool,
 * grant and event. Pure and total: a member that does not have its form gives no fact, so that an
 * entry of a later release, or of a gateway gone wrong, changes nothing.
 */
import type { Json } from '../json/json-value.ts';
import { endSeconds } from './at-rest.ts';
import { isPool } from './pool.ts';

export type RightFactEvent =
  | 'received'
  /** Spent or held of one grant; `key` is the transactionId or the reservationId. */
  | 'drawn'
  /** A single-use code taken without a right; `key` is the transactionId. */
  | 'policy'
  | 'credited'
  | 'returned'
  | 'requested'
  | 'released'
  | 'collected'
  /** Everything before it in the log was spent before `hqTime`. */
  | 'anchor'
  /** No entry says it: what was drawn of grants at rest (at-rest.ts), added up. */
  | 'rested';

export type RightFact = {
  /** Of the entry; with `n` it names the fact for ever. */
  origin: string;
  index: number;
  /** Which of the entry's facts, from 0. */
  n: number;
  chain: string;
  store: string;
  gateway: string;
  /** As the entry says it. */
  at: string;
  event: RightFactEvent;
  /** Empty for an anchor. */
  pool: string;
  /** `own` for what the gateway earned itself; empty where none is named. */
  grantId: string;
  amount: number;
  /** transactionId, reservationId, or the recall that is answered; empty where none is named. */
  key: string;
  by: 'grant' | 'policy' | '';
  /** Seconds since 1970: headquarters' time of an anchor, the end of a grant that was received. */
  hqTime: number | null;
};

export type FactSource = {
  origin: string;
  index: number;
  chain: string;
  store: string;
  gateway: string;
  header: Readonly<Record<string, unknown>>;
};

type Part = Pick<RightFact, 'event' | 'pool' | 'amount'> & Partial<RightFact>;

export function rightFactsOf({ header, ...place }: FactSource): RightFact[] {
  const at = textOf(header['recordedAt']) ?? '';
  return partsOf(header).map((part, n) => ({
    ...{ ...place, n, at, grantId: '', key: '', by: '' as const, hqTime: null },
    ...part,
  }));
}

function partsOf(header: FactSource['header']): Part[] {
  switch (header['kind']) {
    case 'anchor': {
      const hqTime = wholeOf(header['timeSeconds']);
      return hqTime === undefined ? [] : [{ event: 'anchor', pool: '', amount: 0, hqTime }];
    }
    case 'transaction':
      return transactionParts(header);
    case 'grant':
      return grantParts(header);
    default:
      return [];
  }
}

function transactionParts(header: FactSource['header']): Part[] {
  const rights = membersOf(header['rights']);
  const key = textOf(header['transactionId']) ?? '';
  const parts: Part[] = [];
  for (const debit of listOf(rights['debits'])) {
    if (debit['by'] === 'policy')
      parts.push(...partOf(debit, { event: 'policy', key, by: 'policy' }));
    else parts.push(...drawnParts(debit, key));
  }
  for (const credit of listOf(rights['credits'])) {
    parts.push(...partOf(credit, { event: 'credited', key }));
  }
  return parts;
}

function grantParts(header: FactSource['header']): Part[] {
  const key = textOf(header['reservationId']) ?? '';
  const grantId = textOf(header['grantId']) ?? '';
  switch (header['event']) {
    case 'received': {
      const grant = membersOf(header['grant']);
      const hqTime = endSeconds(textOf(grant['expiresAt']));
      const grantId = textOf(grant['grantId']) ?? '';
      return partOf(grant, { event: 'received', grantId, hqTime });
    }
    case 'returned':
      return partOf(header, { event: 'returned', grantId, key: textOf(header['recall']) ?? '' });
    case 'requested':
      return partOf(header, { event: 'requested' });
    case 'held':
      return drawnParts(header, key);
    case 'released':
      return partOf(header, { event: 'released', key });
    case 'collected':
      return partOf(header, { event: 'collected', key });
    default:
      return [];
  }
}

function drawnParts(members: Readonly<Record<string, unknown>>, key: string): Part[] {
  return listOf(members['from']).flatMap((drawn) => {
    const grantId = textOf(drawn['grantId']) ?? '';
    const pool = members['pool'];
    return partOf({ pool, amount: drawn['amount'] }, { event: 'drawn', grantId, key, by: 'grant' });
  });
}

/** One part, or none where pool or amount is not what it has to be. */
function partOf(
  members: Readonly<Record<string, unknown>>,
  rest: Omit<Part, 'pool' | 'amount'>,
): Part[] {
  const pool = textOf(members['pool']);
  const amount = wholeOf(members['amount']);
  if (pool === undefined || !isPool(pool) || amount === undefined) return [];
  return [{ ...rest, pool, amount }];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function wholeOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : undefined;
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, Json>) : {};
}

function listOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(membersOf) : [];
}
