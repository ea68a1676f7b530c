/**
 * One MQTT connection to HQ's broker, single use: it opens, carries messages and ends once, with a
 * reason. A clean session, and no queue of mqtt.js is relied on: what was in flight when it ended
 * is sent again by the source.
 */
import mqtt from 'mqtt';
import type { Enrolment } from '../../protocol/replication/enrolment.ts';
import { formatHqTopic, hqTopicFilter } from '../../protocol/replication/hq-topics.ts';
import type { GatewayPlace } from '../../protocol/replication/hq-topics.ts';
import type { MessageType } from '../../protocol/replication/messages.ts';

export type HqConnectionOptions = {
  enrolment: Enrolment;
  place: GatewayPlace;
  /** Makes the MQTT client id one's own, so that a clone does not throw this gateway out. */
  clientSuffix: string;
  onOpen: () => void;
  onMessage: (payload: Uint8Array) => void;
  /** Called once, also when it never opened. */
  onEnd: (reason: string) => void;
};

export interface HqConnection {
  send(type: MessageType, payload: Uint8Array): void;
  /** Ends it without calling `onEnd`. */
  close(): void;
}

/** Opens a connection; tests bring their own. */
export type ConnectToHq = (options: HqConnectionOptions) => HqConnection;

const CONNECT_MS_MAX = 15_000;
/** Notices a dead link within a minute while costing two packets a minute. */
const KEEPALIVE_SECONDS = 30;
/** What the broker answers to a subscription it does not allow. */
const SUBSCRIPTION_REFUSED = 128;

export const connectToHq: ConnectToHq = (options) => {
  const { enrolment, place } = options;
  const client = mqtt.connect(enrolment.hqUrl, {
    protocolVersion: 4,
    clean: true,
    clientId: `tillgate-${enrolment.username}-${options.clientSuffix}`,
    username: enrolment.username,
    password: enrolment.password,
    connectTimeout: CONNECT_MS_MAX,
    keepalive: KEEPALIVE_SECONDS,
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
  });
  let ended = false;
  const end = (reason: string): void => {
    if (ended) return;
    ended = true;
    client.end(true);
    options.onEnd(reason);
  };
  client.on('connect', () => {
    client.subscribe(hqTopicFilter(place, 'down'), { qos: 1 }, (error, granted) => {
      if (ended) return;
      if (error !== null) end(error.message);
      else if (granted?.[0]?.qos === SUBSCRIPTION_REFUSED) end('the subscription was refused');
      else options.onOpen();
    });
  });
  client.on('message', (_topic, payload) => {
    if (!ended) options.onMessage(payload);
  });
  client.on('error', (error) => {
    end(error.message);
  });
  client.on('close', () => {
    end('the connection was closed');
  });
  return {
    send: (type, payload) => {
      if (ended) return;
      const topic = formatHqTopic({ ...place, direction: 'up', type });
      // A failed publish ends with the connection; the source sends again from HQ's head.
      const { buffer, byteOffset, byteLength } = payload;
      client.publish(topic, Buffer.from(buffer, byteOffset, byteLength), { qos: 1 });
    },
    close: () => {
      if (ended) return;
      ended = true;
      client.end(true);
    },
  };
};
