/** What aedes hands to its persistence and takes from it, as far as it is used here. */
import type { Readable } from 'node:stream';
import type { AedesPublishPacket } from 'aedes';

export interface ClientRef {
  id: string;
  /** True for a session that ends with its connection. */
  clean?: boolean;
}

export interface FilterRef {
  topic: string;
  qos: 0 | 1 | 2;
}

export interface SubscriberRef {
  clientId: string;
  /** The filter, and what was granted for it; absent for a message to just this session. */
  topic?: string;
  qos?: 0 | 1 | 2;
}

export interface WillPacket {
  topic: string;
  payload: Buffer;
  qos: 0 | 1 | 2;
  retain: boolean;
  brokerId?: string;
  clientId?: string;
}

/** What is used of aedes' persistence in memory. */
export interface MemoryPersistence {
  setup(broker: { id: string }): Promise<void>;
  storeRetained(packet: AedesPublishPacket): Promise<void>;
  createRetainedStream(filter: string): Readable;
  addSubscriptions(client: ClientRef, filters: readonly FilterRef[]): Promise<unknown>;
  removeSubscriptions(client: ClientRef, filters: readonly string[]): Promise<unknown>;
  subscriptionsByClient(client: ClientRef): Promise<FilterRef[]>;
  countOffline(): Promise<{ subsCount: number; clientsCount: number }>;
  subscriptionsByTopic(topic: string): Promise<SubscriberRef[]>;
  cleanSubscriptions(client: ClientRef): Promise<unknown>;
  putWill(client: ClientRef, packet: WillPacket): Promise<unknown>;
  getWill(client: ClientRef): Promise<WillPacket | undefined>;
  delWill(client: ClientRef): Promise<WillPacket | undefined>;
  streamWill(brokers?: Readonly<Record<string, number>>): Readable;
  getClientList(topic: string): Readable;
  destroy(): Promise<void>;
}

/** A PUBLISH, or what asks for one by its id. */
export interface InboundRef {
  cmd?: string;
  messageId: number;
}

/** A message, or the PUBREL that took its place and has nothing but an id. */
export interface OutgoingPacket {
  cmd: string;
  messageId?: number | undefined;
  topic?: string;
  payload?: Buffer;
  qos?: 0 | 1 | 2;
  retain?: boolean;
  dup?: boolean;
  brokerId?: string | undefined;
  brokerCounter?: number | undefined;
}
