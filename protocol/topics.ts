/**
 * The topics that store devices see (SPEC.md section 4): one place builds them, and one place
 * decides whether a filter matches. MQTT 3.1.1 section 4.7 rules: levels are split at `/`, `+` stands for one level, `#` for the rest including the parent, and a filter that
 * starts with a wildcard never matches a topic that starts with `$`.
 */
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

/** Where devices ask; the second level is who. */
export const QUERY_REQUESTS = 'queries/+/request';

export function queryAnswerTopic(deviceId: string): string {
  return `queries/${deviceId}/response`;
}

/** Where devices have goods kept for somebody; the second level is who. */
export const RESERVATION_REQUESTS = 'reservations/+/request';

export function reservationAnswerTopic(deviceId: string): string {
  return `reservations/${deviceId}/response`;
}

/** Changes of the documents of a collection, as they come in force. */
export function feedNewsTopic(collection: string): string {
  return `feeds/${collection}`;
}

/** Where a device asks a peripheral for something. */
export function requestTopic(peripheralId: string, deviceId: string): string {
  return `peripherals/${peripheralId}/request/${deviceId}`;
}

export function responseTopic(peripheralId: string, deviceId: string): string {
  return `peripherals/${peripheralId}/response/${deviceId}`;
}

export function peripheralEventTopic(peripheralId: string): string {
  return `peripherals/${peripheralId}/event`;
}

/** Retained. */
export function peripheralStateTopic(peripheralId: string): string {
  return `peripherals/${peripheralId}/state`;
}

/** The peripheral and the device that a request's topic names; undefined for any other topic. */
export function requestIn(topic: string): { peripheralId: string; deviceId: string } | undefined {
  const [root, peripheralId, what, deviceId, ...rest] = topic.split('/');
  if (root !== 'peripherals' || what !== 'request' || rest.length > 0) return undefined;
  return peripheralId === undefined || deviceId === undefined
    ? undefined
    : { peripheralId, deviceId };
}

/** Does a device with this filter hear what became of its jobs, of one peripheral at least? */
export function readsAnswers(filter: string, deviceId: string): boolean {
  const all = responseTopic('+', deviceId);
  return filterCovers(filter, all) || filterCovers(all, filter);
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
