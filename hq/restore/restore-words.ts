/** What a restored headquarters says to people, as sentences. Pure. */
import type { Life } from '../custody/custody.ts';
import type { RestoreGap } from './restore-gap.ts';

/** The status lists them all; an alarm is a paragraph. */
const GAPS_SHOWN = 5;

export function restoredMessage(life: Life | undefined, gaps: readonly RestoreGap[]): string {
  const how =
    life?.reason === 'begun'
      ? 'Headquarters began with an empty custody, and had signed for entries before'
      : 'Headquarters was restored from an older copy, and had signed for more than it holds';
  const open = gaps.filter(({ completeAt }) => completeAt === null);
  const last = gaps.reduce((latest, { completeAt }) => later(latest, completeAt), '');
  const state =
    open.length === 0
      ? `All of it is here again since ${last}`
      : `${open.length} of ${gaps.length} logs are still being sent again by their gateways`;
  const shown = gaps.slice(0, GAPS_SHOWN).map(rangeOf).join('; ');
  const more = gaps.length > GAPS_SHOWN ? `; and ${gaps.length - GAPS_SHOWN} more` : '';
  const began = life === undefined ? '' : ` Incarnation ${life.incarnation} began.`;
  const check =
    'Compare `tillgate hq report totals` with the stores, and look for stores that have not come back in `tillgate hq store list`.';
  return `${how}.${began} ${state}: ${shown}${more}. ${check}`;
}

export function lostMessage({ origin, fromSize, toSize, gatewaySize }: RestoreGap): string {
  const from = Math.max(fromSize, gatewaySize);
  return (
    `Headquarters had signed for ${toSize} entries of ${origin}, holds ${fromSize} of them, and the ` +
    `gateway has only ${gatewaySize}: entries ${from} to ${toSize - 1} are lost, unless another copy ` +
    `of the gateway's disk or of custody has them.`
  );
}

export function forkedMessage(origin: string, size: number): string {
  return (
    `Headquarters signed two histories of ${origin}: of its first ${size} entries it once held others ` +
    `than now. Both notes are kept as evidence; the sales of each are compared by hand.`
  );
}

function rangeOf({ origin, fromSize, toSize, completeAt }: RestoreGap): string {
  const range = `${origin} entries ${fromSize} to ${toSize - 1}`;
  return completeAt === null ? range : `${range} (complete)`;
}

function later(a: string, b: string | null): string {
  return b !== null && b > a ? b : a;
}
