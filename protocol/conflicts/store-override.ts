/**
 * Rule `storeOverride`: headquarters published a price while one that the store's manager had set was
 * still to count. The store's stands until it runs out, or is taken back; then headquarters' counts.
 */
import { parseOrigin } from '../log/origin.ts';
import { scaledText } from '../scaled.ts';
import type { Scaled } from '../scaled.ts';
import type { ConflictRecord } from './conflict-record.ts';
import { sideOf } from './conflict-record.ts';

export type OverriddenPrice = {
  itemId: string;
  currency: string;
  published: { origin: string; entry: number; amount: Scaled };
  override: { origin: string; index: number; amount: Scaled; until: string; managerId: string };
};

/** Named by both sides, so that each pair is one conflict however often it is looked at. */
export function storeOverride(of: OverriddenPrice): ConflictRecord {
  const { itemId, currency, published, override } = of;
  const { chain, store, gateway } = parseOrigin(override.origin);
  const datum = `${chain}/${store}/${gateway}/${itemId}/${currency}`;
  const price = ({ amount }: { amount: Scaled }): string => `${scaledText(amount)} ${currency}`;
  const feed = `${lifeOf(published.origin)}-${published.entry}`;
  const own = `${lifeOf(override.origin)}-${override.index}`;
  const { until, managerId } = override;
  return {
    conflictId: `storeOverride:${datum}@${feed}+${own}`,
    rule: 'storeOverride',
    datum: `price:${datum}`,
    sides: [
      sideOf({ origin: published.origin, index: published.entry }, price(published)),
      sideOf(override, `${price(override)} until ${until}, by ${managerId}`),
    ],
    winner: 1,
    consequence: `The price of headquarters counts here from ${until}, or when the store's is withdrawn.`,
  };
}

const lifeOf = (origin: string): string => origin.slice(origin.lastIndexOf('/') + 1);
