/** What the gaps that a restore left say of headquarters' feeds. Pure. */
import { parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import type { FeedPlace } from '../../protocol/feed/feed-origin.ts';

/** The highest epoch of a lost feed of `place`. */
export function epochShown(gaps: readonly { origin: string }[], place: FeedPlace): number {
  const epochs = gaps.map(({ origin }) => {
    const name = parseFeedOrigin(origin);
    return name?.chain === place.chain && name.store === place.store ? name.epoch : 0;
  });
  return Math.max(0, ...epochs);
}

/** Signed for more than is held, as far as gateways have shown. */
export function isLacking(
  gaps: readonly { origin: string; completeAt: string | null }[],
  origin: string,
): boolean {
  return gaps.some((gap) => gap.origin === origin && gap.completeAt === null);
}
