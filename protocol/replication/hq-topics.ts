/**
 * Topics on HQ's broker: `tillgate/v1/{shard}/{chain}/{store}/{gateway}/{up|down}/{type}`. The
 * shard lets several receivers share the work by subscription: it is the first byte of the SHA-256
 * of `chain/store`, so that a store's gateways and feeds always meet in one place.
 */
import { hash } from 'node:crypto';
import { MESSAGE_TYPES, type MessageType } from './messages.ts';

/** A gateway's place in the organisation. */
export type GatewayPlace = { chain: string; store: string; gateway: string };

/** `up` is towards HQ, `down` towards the store. */
export type HqDirection = 'up' | 'down';

export type HqTopic = GatewayPlace & { direction: HqDirection; type: MessageType };

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const PREFIX = 'tillgate/v1';

/** Two lower-case hex digits. */
export function hqShard(chain: string, store: string): string {
  return hash('sha256', `${chain}/${store}`, 'hex').slice(0, 2);
}

export function formatHqTopic(topic: HqTopic): string {
  return `${hqTopicBase(topic)}/${topic.direction}/${topic.type}`;
}

/** Everything in one direction of one gateway, as a subscription. */
export function hqTopicFilter(place: GatewayPlace, direction: HqDirection): string {
  return `${hqTopicBase(place)}/${direction}/+`;
}

/** Everything that gateways send up, of one shard or of all. */
export function hqUplinkFilter(shard = '+'): string {
  return `${PREFIX}/${shard}/+/+/+/up/+`;
}

/** The parts of a topic, or `undefined` when it is not one of ours or lies in the wrong shard. */
export function parseHqTopic(topic: string): HqTopic | undefined {
  const parts = topic.split('/');
  const [product, version, shard, chain = '', store = '', gateway = '', direction, kind] = parts;
  if (parts.length !== 8 || `${product ?? ''}/${version ?? ''}` !== PREFIX) return undefined;
  if (!NAME.test(chain) || !NAME.test(store) || !NAME.test(gateway)) return undefined;
  if (shard !== hqShard(chain, store)) return undefined;
  if (direction !== 'up' && direction !== 'down') return undefined;
  const type = MESSAGE_TYPES.find((known) => known === kind);
  return type === undefined ? undefined : { chain, store, gateway, direction, type };
}

/** The user name of a gateway on HQ's broker: `chain.store.gateway`. */
export function hqUsername(place: GatewayPlace): string {
  return `${place.chain}.${place.store}.${place.gateway}`;
}

function hqTopicBase(place: GatewayPlace): string {
  const { chain, store, gateway } = place;
  return `${PREFIX}/${hqShard(chain, store)}/${chain}/${store}/${gateway}`;
}
