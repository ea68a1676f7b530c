/**
 * Which of an item's prices counts: of those whose place holds the store and whose time holds the
 * moment, one for the store before one for a zone before one for the chain; among equals the one that
 * began last, and then the one that was published last. Pure.
 */
import type { Price } from './documents.ts';

export type KnownPrice = { price: Price; /** Rises with each publication. */ order: number };

export type PricePlace = { store: string; zones: readonly string[]; currency: string };

const EVER = Number.NEGATIVE_INFINITY;

export function effectivePrice<T extends KnownPrice>(
  prices: readonly T[],
  place: PricePlace,
  atMs: number,
): T | undefined {
  let best: Candidate<T> | undefined;
  for (const known of prices) {
    const { price } = known;
    const rank = rankIn(price, place);
    const fromMs = price.from === undefined ? EVER : Date.parse(price.from);
    const toMs = price.to === undefined ? Infinity : Date.parse(price.to);
    if (rank === undefined || price.currency !== place.currency) continue;
    if (atMs < fromMs || atMs >= toMs) continue;
    if (best === undefined || isBetter({ known, rank, fromMs }, best))
      best = { known, rank, fromMs };
  }
  return best?.known;
}

type Candidate<T> = { known: T; rank: number; fromMs: number };

function isBetter(one: Candidate<KnownPrice>, other: Candidate<KnownPrice>): boolean {
  if (one.rank !== other.rank) return one.rank > other.rank;
  if (one.fromMs !== other.fromMs) return one.fromMs > other.fromMs;
  return one.known.order > other.known.order;
}

function rankIn({ scope }: Price, { store, zones }: PricePlace): number | undefined {
  if (scope?.store !== undefined) return scope.store === store ? 2 : undefined;
  if (scope?.zone !== undefined) return zones.includes(scope.zone) ? 1 : undefined;
  return 0;
}
