/** What the gateway itself says to its devices, in its own trees. */
import type { Aedes } from 'aedes';

export interface OwnMessage {
  topic: string;
  payload: string;
  isRetained?: boolean;
}

/** At QoS 1; an empty payload ends what was retained. */
export function publishOwn(aedes: Aedes, { topic, payload, isRetained }: OwnMessage): void {
  const packet = { cmd: 'publish', qos: 1, retain: isRetained === true, dup: false } as const;
  aedes.publish({ ...packet, topic, payload: Buffer.from(payload, 'utf8') }, () => undefined);
}
