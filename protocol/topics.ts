/**
 * The topics that store devices see (SPEC.md section 4): one place builds them, one place reads
 * them, and one place decides whether a filter matches. MQTT 3.1.1 section 4.7 rules: levels are
 * split at `/`, `+` stands for one level, `#` for the rest including the parent, and a filter that
 * starts with a wildcard never matches a topic that starts with `$`.
 */
import { isId } from './ids.ts';

export type StoreTopic =
  | { kind: 'transactionSubmit'; deviceId: string }
  | { kind: 'transactionResult'; deviceId: string }
  | { kind: 'peripheralRequest'; peripheralId: string; deviceId: string }
  | { kind: 'peripheralResponse'; peripheralId: string; deviceId: string }
  | { kind: 'peripheralEvent'; peripheralId: string }
  | { kind: 'peripheralState'; peripheralId: string }
  | { kind: 'queryRequest'; deviceId: string }
  | { kind: 'queryResponse'; deviceId: string }
  | { kind: 'feed'; collection: string }
  | { kind: 'gatewayStatus' };

/** The one retained topic that says how the gateway is. */
export const GATEWAY_STATUS_TOPIC = 'gateway/status';

/** MQTT 3.1.1 section 4.7.3: a topic name or filter is at most 65,535 bytes of UTF-8. */
const TOPIC_BYTES_MAX = 65_535;

export function submitTopic(deviceId: string): string {
  return `transactions/${deviceId}/submit`;
}

export function resultTopic(deviceId: string): string {
  return `transactions/${deviceId}/result`;
}

/** The topic's text; the inverse of `parseStoreTopic`. */
export function formatStoreTopic(topic: StoreTopic): string {
  switch (topic.kind) {
    case 'transactionSubmit':
      return submitTopic(topic.deviceId);
    case 'transactionResult':
      return resultTopic(topic.deviceId);
    case 'peripheralRequest':
      return `peripherals/${topic.peripheralId}/request/${topic.deviceId}`;
    case 'peripheralResponse':
      return `peripherals/${topic.peripheralId}/response/${topic.deviceId}`;
    case 'peripheralEvent':
      return `peripherals/${topic.peripheralId}/event`;
    case 'peripheralState':
      return `peripherals/${topic.peripheralId}/state`;
    case 'queryRequest':
      return `queries/${topic.deviceId}/request`;
    case 'queryResponse':
      return `queries/${topic.deviceId}/response`;
    case 'feed':
      return `feeds/${topic.collection}`;
    case 'gatewayStatus':
      return GATEWAY_STATUS_TOPIC;
  }
}

/** Reads a topic name; undefined when it is none of ours, or carries an id that is not one. */
export function parseStoreTopic(topic: string): StoreTopic | undefined {
  if (topic === GATEWAY_STATUS_TOPIC) return { kind: 'gatewayStatus' };
  const [root, id, verb, deviceId, ...rest] = topic.split('/');
  if (id === undefined || !isId(id) || rest.length > 0) return undefined;
  switch (root) {
    case 'transactions':
      if (deviceId !== undefined) return undefined;
      if (verb === 'submit') return { kind: 'transactionSubmit', deviceId: id };
      return verb === 'result' ? { kind: 'transactionResult', deviceId: id } : undefined;
    case 'queries':
      if (deviceId !== undefined) return undefined;
      if (verb === 'request') return { kind: 'queryRequest', deviceId: id };
      return verb === 'response' ? { kind: 'queryResponse', deviceId: id } : undefined;
    case 'peripherals':
      return parsePeripheral(id, verb, deviceId);
    case 'feeds':
      return verb === undefined ? { kind: 'feed', collection: id } : undefined;
    default:
      return undefined;
  }
}

function parsePeripheral(
  peripheralId: string,
  verb: string | undefined,
  deviceId: string | undefined,
): StoreTopic | undefined {
  if (deviceId === undefined) {
    if (verb === 'event') return { kind: 'peripheralEvent', peripheralId };
    return verb === 'state' ? { kind: 'peripheralState', peripheralId } : undefined;
  }
  if (!isId(deviceId)) return undefined;
  if (verb === 'request') return { kind: 'peripheralRequest', peripheralId, deviceId };
  return verb === 'response' ? { kind: 'peripheralResponse', peripheralId, deviceId } : undefined;
}

/** True for a topic name that may be published to (MQTT 3.1.1 sections 3.3.2.1 and 4.7.3). */
export function isTopicName(topic: string): boolean {
  return isTopicText(topic) && !topic.includes('+') && !topic.includes('#');
}

/** True for a topic filter (MQTT 3.1.1 section 4.7.1): wildcards fill a whole level, `#` is last. */
export function isTopicFilter(filter: string): boolean {
  if (!isTopicText(filter)) return false;
  const levels = filter.split('/');
  return levels.every((level, at) => {
    if (level === '#') return at === levels.length - 1;
    return level === '+' || !(level.includes('+') || level.includes('#'));
  });
}

function isTopicText(text: string): boolean {
  return (
    text.length > 0 &&
    !text.includes('\u0000') &&
    text.isWellFormed() &&
    Buffer.byteLength(text) <= TOPIC_BYTES_MAX
  );
}

/** Does `filter` match the topic name `topic`? Both are taken as well formed. */
export function topicMatches(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && (filter.startsWith('+') || filter.startsWith('#'))) return false;
  return filterCovers(filter, topic);
}

/**
 * Is every topic that `inner` matches also matched by `outer`? This is what decides whether a
 * subscription stays within a role: `transactions/+/result` is not within `transactions/t1/result`.
 */
export function filterCovers(outer: string, inner: string): boolean {
  const outerLevels = outer.split('/');
  const innerLevels = inner.split('/');
  for (const [at, level] of outerLevels.entries()) {
    if (level === '#') return true;
    const other = innerLevels[at];
    if (other === undefined || other === '#') return false;
    if (level !== '+' && level !== other) return false;
  }
  return outerLevels.length === innerLevels.length;
}
