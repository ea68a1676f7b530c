/** What the gateway itself says and hears at its broker. */
import type { Aedes, AedesPublishPacket } from 'aedes';
import { GATEWAY_STATUS_TOPIC } from '../../protocol/topics.ts';

export function publishStatus(aedes: Aedes, statusJson: string): void {
  const payload = Buffer.from(statusJson, 'utf8');
  const packet = { cmd: 'publish', qos: 1, retain: true, dup: false } as const;
  aedes.publish({ ...packet, topic: GATEWAY_STATUS_TOPIC, payload }, () => undefined);
}

/** For whoever listens now; nothing waits for a session that is away. */
export function publishOnce(aedes: Aedes, topic: string, json: string): void {
  const packet = { cmd: 'publish', qos: 0, retain: false, dup: false } as const;
  aedes.publish({ ...packet, topic, payload: Buffer.from(json, 'utf8') }, () => undefined);
}

/** Hears what devices publish below their rights; `listener` must not wait. */
export function listen(
  aedes: Aedes,
  filter: string,
  listener: (topic: string, payload: Uint8Array) => void,
): void {
  const take = (packet: AedesPublishPacket, done: () => void): void => {
    listener(packet.topic, Buffer.from(packet.payload));
    done();
  };
  aedes.subscribe(filter, take, () => undefined);
}
