/**
 * Headquarters' own broker: aedes behind the guarded edge. A gateway logs in with the password
 * that HQ's secret makes of its name, publishes on its own `up` topics and subscribes to its own
 * `down` topics; nobody else is let in but HQ's own client, which is attached in memory under a
 * password of this process. Sessions do not outlive their connection: nothing is queued here that
 * the replication would not send again.
 */
import { timingSafeEqual } from 'node:crypto';
import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';
import { Aedes } from 'aedes';
import type { Client, ConnectPacket, Subscription } from 'aedes';
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { hqTopicFilter, hqUsername, parseHqTopic } from '../../protocol/replication/hq-topics.ts';
import { SINGLE_ENTRY_MESSAGE_BYTES_MAX } from '../../protocol/replication/limits.ts';
import { DEFAULT_CONNECTION_LIMITS } from '../../platform/mqtt/connection-pool.ts';
import { DEFAULT_EGRESS_LIMITS } from '../../platform/mqtt/egress-buffer.ts';
import { startListeners } from '../../platform/mqtt/listeners.ts';
import type { ListenAddress, ListenerLog, Listeners } from '../../platform/mqtt/listeners.ts';

export type HqBrokerOptions = {
  tcp: ListenAddress;
  /** The password of a gateway's user name. */
  passwordOf: (username: string) => string;
  /** The password of HQ's own client, random in each process. */
  ownPassword: string;
  clock: Clock;
  log: ListenerLog;
};

export type HqBroker = {
  readonly connectionCount: number;
  /** Lets gateways in, once somebody listens to them; `MQTT_LISTEN_FAILED` when it cannot. */
  open(): Promise<ListenAddress>;
  /** A new connection in memory, for HQ's own client. */
  attach(): Duplex;
  close(): Promise<void>;
};

/** The user name of HQ's own client; gateways' names have two dots. */
export const HQ_USERNAME = 'hq';

/** Deliveries that may be under way at once; HQ's client takes them as they come. */
const CONCURRENCY = 1_000;
/** One answer to a fetch and the largest blob in it may wait for a gateway on a slow line. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
const CLIENT_ID_CHARACTERS_MAX = 65_535;
const GATEWAY_NAME = /^([a-z0-9-]{1,32})\.([a-z0-9-]{1,32})\.([a-z0-9-]{1,32})$/;
/** MQTT 3.1.1 table 3.1: bad user name or password. */
const BAD_CREDENTIALS = 4;

type User = { name: string; filter: string | undefined };
type Known = Client & { tillgateUser?: User | undefined };

/** The broker, its door still closed. */
export async function startHqBroker(options: HqBrokerOptions): Promise<HqBroker> {
  const aedes = await Aedes.createBroker({
    concurrency: CONCURRENCY,
    maxClientsIdLength: CLIENT_ID_CHARACTERS_MAX,
    preConnect: (_client, packet, done) => {
      done(null, admitConnect(packet));
    },
    authenticate: (client, username, password, done) => {
      const user = authenticate(options, username, password);
      (client as Known).tillgateUser = user;
      if (user !== undefined) done(null, true);
      else done(badCredentials(), false);
    },
    authorizePublish: (client, packet, done) => {
      packet.retain = false;
      // A denied publish closes the connection without an acknowledgement.
      if (mayPublish(client, packet.topic)) done(null);
      else done(new TillgateError('HQ_TOPIC_REFUSED', `Not this client's topic: ${packet.topic}`));
    },
    authorizeSubscribe: (client, subscription, done) => {
      done(null, maySubscribe(client, subscription) ? subscription : null);
    },
  });
  let listeners: Listeners | undefined;
  return {
    get connectionCount() {
      return listeners?.connectionCount ?? 0;
    },
    attach: () => {
      const [ours, theirs] = duplexPair();
      aedes.handle(theirs);
      return ours;
    },
    open: async () => {
      listeners = await openDoor(aedes, options);
      return listeners.addresses.tcp ?? options.tcp;
    },
    close: () => closeAll(listeners, aedes),
  };
}

function openDoor(aedes: Aedes, { tcp, clock, log }: HqBrokerOptions): Promise<Listeners> {
  const guard = {
    ...DEFAULT_CONNECTION_LIMITS.guard,
    payloadBytesMax: SINGLE_ENTRY_MESSAGE_BYTES_MAX,
  };
  const egress = { ...DEFAULT_EGRESS_LIMITS, waitingBytesMax: WAITING_BYTES_MAX };
  return startListeners({ broker: aedes, tcp, clock, log, limits: { guard, egress } });
}

async function closeAll(listeners: Listeners | undefined, aedes: Aedes): Promise<void> {
  await listeners?.close();
  await new Promise<void>((resolve) => aedes.close(resolve));
}

/** No wills and no lasting sessions; one user cannot take over the session of another. */
function admitConnect(packet: ConnectPacket): boolean {
  if (packet.will !== undefined) return false;
  packet.clean = true;
  packet.clientId = `${packet.username ?? ''}/${packet.clientId}`;
  return true;
}

function authenticate(
  options: HqBrokerOptions,
  username: string | undefined,
  password: Buffer | undefined,
): User | undefined {
  if (username === undefined || password === undefined) return undefined;
  if (username === HQ_USERNAME) {
    return isEqual(password, options.ownPassword)
      ? { name: username, filter: undefined }
      : undefined;
  }
  const parts = GATEWAY_NAME.exec(username);
  if (parts === null) return undefined;
  const [, chain = '', store = '', gateway = ''] = parts;
  if (!isEqual(password, options.passwordOf(username))) return undefined;
  return { name: username, filter: hqTopicFilter({ chain, store, gateway }, 'down') };
}

function mayPublish(client: Client | null, topic: string): boolean {
  const user = client instanceof Object ? (client as Known).tillgateUser : undefined;
  const parsed = parseHqTopic(topic);
  if (user === undefined || parsed === undefined) return false;
  if (user.name === HQ_USERNAME) return parsed.direction === 'down';
  return parsed.direction === 'up' && hqUsername(parsed) === user.name;
}

function maySubscribe(client: Client, subscription: Subscription): boolean {
  const user = (client as Known).tillgateUser;
  if (user === undefined) return false;
  if (user.name === HQ_USERNAME) return true;
  const parsed = parseHqTopic(subscription.topic);
  return (
    subscription.topic === user.filter ||
    (parsed?.direction === 'down' && hqUsername(parsed) === user.name)
  );
}

function isEqual(given: Buffer, expected: string): boolean {
  const wanted = Buffer.from(expected);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function badCredentials(): TillgateError & { returnCode: number } {
  const error = new TillgateError('HQ_CREDENTIALS', 'Unknown user name or wrong password.');
  return Object.assign(error, { returnCode: BAD_CREDENTIALS });
}
