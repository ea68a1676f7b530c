/** What the gateway itself says and hears at its broker, beside jobs and submissions. */
import type { Aedes, AedesPublishPacket } from 'aedes';
import { GATEWAY_STATUS_TOPIC } from '../../protocol/topics.ts';

export interface OwnVoice {
  /** Publishes the retained topic gateway/status. */
  publishStatus(statusJson: string): void;
  /** Publishes what is for whoever listens now; nothing waits for a session that is away. */
  publishOnce(topic: string, json: string): void;
  /** Hears what devices publish below their rights; `listener` must not wait. */
  listen(filter: string, listener: (topic: string, payload: Uint8Array) => void): void;
}

export function ownVoice(aedes: Aedes): OwnVoice {
  return {
    publishStatus: (statusJson) => {
      const payload = Buffer.from(statusJson, 'utf8');
      const packet = { cmd: 'publish', qos: 1, retain: true, dup: false } as const;
      aedes.publish({ ...packet, topic: GATEWAY_STATUS_TOPIC, payload }, () => undefined);
    },
    publishOnce: (topic, json) => {
      const packet = { cmd: 'publish', qos: 0, retain: false, dup: false } as const;
      aedes.publish({ ...packet, topic, payload: Buffer.from(json, 'utf8') }, () => undefined);
    },
    listen: (filter, listener) => {
      const take = (packet: AedesPublishPacket, done: () => void): void => {
        listener(packet.topic, Buffer.from(packet.payload));
        done();
      };
      aedes.subscribe(filter, take, () => undefined);
    },
  };
}
