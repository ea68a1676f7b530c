/** What headquarters says unasked: it asks every gateway that it knows for its checkpoint. */
import { isFeedOrigin } from '../../protocol/feed/feed-origin.ts';
import { isHqLogOrigin } from '../../protocol/log/hq-log-origin.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import { formatHqTopic } from '../../protocol/replication/hq-topics.ts';
import type { GatewayPlace } from '../../protocol/replication/hq-topics.ts';
import { encodeMessage } from '../../protocol/replication/messages.ts';
import type { MessageType } from '../../protocol/replication/messages.ts';
import type { CustodyReader } from '../custody/custody.ts';

/** Where a gateway hears what headquarters sends. */
export function topicDown({ chain, store, gateway }: GatewayPlace, type: MessageType): string {
  return formatHqTopic({ chain, store, gateway, direction: 'down', type });
}

/** After a start on a foreign broker, where gateways do not notice that headquarters is back. */
export async function introduce(
  custody: CustodyReader,
  send: (topic: string, payload: Uint8Array) => void,
): Promise<void> {
  for (const { origin } of await custody.admissions()) {
    if (isHqLogOrigin(origin) || isFeedOrigin(origin)) continue;
    const message = {
      type: 'control',
      origin,
      round: 0,
      action: 'introduce',
      evidence: '',
    } as const;
    send(topicDown(parseOrigin(origin), 'control'), encodeMessage(message));
  }
}
