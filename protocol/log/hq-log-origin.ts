/**
 * The name of the log that headquarters itself writes: `DOMAIN/hq/hq/hq/eN-XXXXXXXX`, N being the
 * count of its incarnations and the digits the first of the present one's name. So a headquarters
 * restored from a backup never extends a log that its lost life has signed, and no gateway may be
 * called so.
 */
import { formatOrigin, parseOrigin } from './origin.ts';

const OWN = 'hq';
const SUFFIX_DIGITS = 8;

export function hqLogOrigin(domain: string, life: { count: number; incarnation: string }): string {
  const place = { domain, chain: OWN, store: OWN, gateway: OWN };
  const suffix = life.incarnation.slice(0, SUFFIX_DIGITS);
  return formatOrigin({ ...place, epoch: Math.max(1, life.count), suffix });
}

export function isHqLogOrigin(origin: string): boolean {
  const { chain, store, gateway } = parseOrigin(origin);
  return chain === OWN && store === OWN && gateway === OWN;
}
