/**
 * What a store says of its own prices, as entries of the log (kind `audit`, event `priceOverride`): a
 * manager sets a price for a time, or takes it back. Pure; the log is the truth, and who lost everything
 * else folds it again.
 */
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import type { Scaled } from '../../protocol/scaled.ts';

const EVENT = 'priceOverride';

/** A price of headquarters, and the entry of the feed that published it. */
export type PublishedPrice = { origin: string; entry: number; amount: Scaled };

export type OverrideSet = {
  itemId: string;
  currency: string;
  amount: Scaled;
  /** RFC 3339, exclusive. */
  until: string;
  managerId: string;
  reason?: string;
  /** What headquarters' price was then; null where it had none that counted. */
  over: PublishedPrice | null;
};

export type OverrideWithdrawn = Pick<OverrideSet, 'itemId' | 'currency' | 'managerId' | 'reason'>;

/** Where an entry stands, and when it was written. */
export type OverridePlace = { origin: string; index: number; recordedAt: string };

export type PriceOverride = OverrideSet & OverridePlace;

export type OverrideEvent =
  | ({ action: 'set' } & PriceOverride)
  | ({ action: 'withdrawn' } & OverrideWithdrawn & OverridePlace);

export function setMembers({ reason, over, ...rest }: OverrideSet): Record<string, Json> {
  return {
    ...{ event: EVENT, action: 'set', ...rest, over },
    ...(reason !== undefined && { reason }),
  };
}

export function withdrawnMembers({ reason, ...rest }: OverrideWithdrawn): Record<string, Json> {
  return {
    ...{ event: EVENT, action: 'withdrawn', ...rest },
    ...(reason !== undefined && { reason }),
  };
}

/** Undefined for what this release cannot read. */
export function readOverrideEvent(
  header: JsonObject,
  at: { origin: string; index: number },
): OverrideEvent | undefined {
  const { event, action, itemId, currency, recordedAt, until } = header;
  if (event !== EVENT || typeof recordedAt !== 'string') return undefined;
  if (typeof itemId !== 'string' || typeof currency !== 'string') return undefined;
  const isWithdrawn = action === 'withdrawn';
  if (!isWithdrawn && (action !== 'set' || typeof until !== 'string')) return undefined;
  // The gateway wrote it itself; the rest has the form that it gave it.
  const { origin, index } = at;
  return { ...header, origin, index } as unknown as OverrideEvent;
}

/** What a price is of. */
export function priceKey({ itemId, currency }: { itemId: string; currency: string }): string {
  return `${itemId}/${currency}`;
}
