/** Tells what comes from gateways about feeds from what comes about their own logs. Pure. */
import { isFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import type { GatewayPlace } from '../../protocol/replication/hq-topics.ts';
import { readHeader } from '../../protocol/replication/message-header.ts';

/** The other way round than `hqUsername`. */
export function placeOf(username: string): GatewayPlace {
  const [chain = '', store = '', gateway = ''] = username.split('.');
  return { chain, store, gateway };
}

/** Told by the header alone: entries of stores are by far the most that comes. */
export function isAboutFeed(payload: Uint8Array): boolean {
  const header = readHeader(payload);
  const origin = header.ok ? header.members['origin'] : undefined;
  return typeof origin === 'string' && isFeedOrigin(origin);
}
