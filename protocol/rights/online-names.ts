/**
 * Headquarters as a holder of rights: one for each of its lives, named by the first digits of the
 * life as the origins of its logs have them, so that a restored headquarters spends nothing of what
 * its lost life may have spent.
 */
import { ONLINE_HOLDER } from './right-entries.ts';

const PREFIX = `${ONLINE_HOLDER}@`;
const LIFE_DIGITS = 8;
const GRANT_ID = /^online\.([0-9a-f]{8})\./;

export function shortLife(life: string): string {
  return life.slice(0, LIFE_DIGITS);
}

export function onlineHolder(life: string): string {
  return `${PREFIX}${shortLife(life)}`;
}

export function isOnlineHolder(holder: string): boolean {
  return holder.startsWith(PREFIX);
}

/** The id of a grant for headquarters itself says whose life's it is. */
export function onlineGrantId(life: string, unique: string): string {
  return `${ONLINE_HOLDER}.${shortLife(life)}.${unique}`;
}

/** Empty for an id that headquarters did not make so: of no life, so nothing is spent of it. */
export function lifeOfGrant(grantId: string): string {
  return GRANT_ID.exec(grantId)?.[1] ?? '';
}
