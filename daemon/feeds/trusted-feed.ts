/** Whether a feed is one to take in here, and by which key. Pure. */
import { isFeedFor, parseFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import { decodeVkey, encodeVkey, KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';
import type { RefusalReason } from '../../protocol/replication/messages.ts';

export type TrustedFeed =
  { ok: true; logVkey: string } | { ok: false; reason: RefusalReason; message: string };

/** The pinned feed key under the name of the feed, which has to be one for this store. */
export function trustedFeed(
  origin: string,
  { chain, store, hqKeys }: { chain: string; store: string; hqKeys: readonly string[] },
): TrustedFeed {
  const name = parseFeedOrigin(origin);
  if (name === undefined || !isFeedFor(name, { chain, store })) {
    const message = `${origin} is not a feed for ${chain}/${store}.`;
    return { ok: false, reason: 'unadmitted', message };
  }
  const key = hqKeys
    .map((vkey) => decodeVkey(vkey))
    .find(
      ({ type, name: signer }) => type === KEY_TYPE_ED25519 && signer === `${name.domain}/hq/feed`,
    );
  if (key === undefined) {
    const message = `No pinned key of headquarters signs ${origin}.`;
    return { ok: false, reason: 'signature', message };
  }
  return { ok: true, logVkey: encodeVkey(origin, KEY_TYPE_ED25519, key.publicKey) };
}
