/** What waits for one log: what may be worked off together, and what may not come here at all. */
import { isTillgateError } from '../../protocol/errors.ts';
import { isFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import { isHqLogOrigin } from '../../protocol/log/hq-log-origin.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import { must } from '../../protocol/must.ts';
import type { GatewayPlace, HqTopic } from '../../protocol/replication/hq-topics.ts';
import type { BatchMessage, ReplicationMessage } from '../../protocol/replication/messages.ts';
import { GROUP_ENTRIES_MAX, type LogIntake, type Reply } from './log-intake.ts';

export type Item = { message: ReplicationMessage; place: GatewayPlace; bytes: number };

/**
 * Bytes of entries behind one append, expanded: well below what a frame of custody holds, so that
 * batches which shrank a hundredfold on their way do not add up to more than can be written.
 */
const GROUP_EXPANDED_BYTES_MAX = 4 * 1024 * 1024;

/** The next item, or several batches of one round that can share an append. */
export function takeTogether(items: Item[]): Item[] {
  const first = items[0]?.message;
  if (first?.type !== 'batch') return items.splice(0, 1);
  let entries = 0;
  let expandedBytes = 0;
  const until = items.findIndex(({ message }) => {
    if (message.type !== 'batch' || message.round !== first.round) return true;
    entries += message.end - message.start;
    expandedBytes += message.expandedBytes;
    return entries > GROUP_ENTRIES_MAX || expandedBytes > GROUP_EXPANDED_BYTES_MAX;
  });
  return items.splice(0, until === -1 ? items.length : Math.max(1, until));
}

/** Hands them to their log; undefined where there is nothing to answer. */
export async function workOff(
  intake: LogIntake,
  items: readonly Item[],
): Promise<Reply | undefined> {
  const { message } = must(items[0], 'there is an item');
  switch (message.type) {
    case 'checkpoint':
      return intake.checkpoint(message);
    case 'blob':
      return intake.blob(message);
    case 'batch':
      return intake.batches(items.map((item) => item.message).filter(isBatch));
    default:
      return undefined;
  }
}

function isBatch(message: ReplicationMessage): message is BatchMessage {
  return message.type === 'batch';
}

/** Why a message may not come on this topic: a gateway speaks only for its own logs. */
export function misplacement(topic: HqTopic, message: ReplicationMessage): string | undefined {
  if (message.type !== topic.type) return `a ${message.type} came on the topic of ${topic.type}`;
  try {
    if (isHqLogOrigin(message.origin) || isFeedOrigin(message.origin)) {
      return "it is headquarters' own log";
    }
    const { chain, store, gateway } = parseOrigin(message.origin);
    if (chain === topic.chain && store === topic.store && gateway === topic.gateway) {
      return undefined;
    }
    return 'the log is not of the gateway that sent it';
  } catch (error) {
    if (isTillgateError(error, 'LOG_ORIGIN_INVALID')) return error.message;
    throw error;
  }
}
