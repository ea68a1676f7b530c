/**
 * The broker of the store, assembled: aedes behind the guarded edge, the store's rules as its hooks,
 * submissions to the intake and results back beside the broker.
 *
 * Relies on: the intake is running. Closing takes no more submissions, gives those that were taken
 * their answers, and then closes the doors.
 */
import { Aedes } from 'aedes';
import type { AedesPublishPacket, Client } from 'aedes';
import type { Clock } from '../../protocol/clock.ts';
import { assert } from '../../protocol/must.ts';
import type { ConnectionLimits } from '../../platform/mqtt/connection-pool.ts';
import type { CloseReason } from '../../platform/mqtt/connection-contract.ts';
import type { GuardedConnection } from '../../platform/mqtt/guarded-connection.ts';
import { startListeners } from '../../platform/mqtt/listeners.ts';
import type {
  ListenAddress,
  ListenerLog,
  Listeners,
  TlsAddress,
} from '../../platform/mqtt/listeners.ts';
import type { SentResult } from '../intake/device-session.ts';
import type { Intake } from '../intake/intake.ts';
import { ResultSubscribers } from '../intake/result-subscribers.ts';
import { allowAcknowledgement } from './allow-acknowledgement.ts';
import { BrokerHooks } from './broker-hooks.ts';
import type { KnownDevice } from './broker-hooks.ts';
import type { JobDoor } from './job-door.ts';
import { publishOwn } from './own-message.ts';
import type { OwnMessage } from './own-message.ts';
import type { RoleRules } from './permissions.ts';
import { publishLateWills } from './late-wills.ts';
import { ownVoice } from './own-voice.ts';
import type { OwnVoice } from './own-voice.ts';
import { Refusals } from './refusals.ts';
import { RetainedTopics } from './retained-topics.ts';
import { SessionKeeper } from './session-keeper.ts';
import { deviceOf } from './session-name.ts';
import type { KeptPersistence } from './state/kept-persistence.ts';
import type { KeptState, KeptStateLimits } from './state/kept-state.ts';
import { openKeptPersistence } from './state/open-kept-persistence.ts';
import type { OpenedPersistence } from './state/open-kept-persistence.ts';

export interface StoreBrokerOptions {
  /** A device that may connect now; undefined for an unknown or revoked one. */
  findDevice: (deviceId: string) => KnownDevice | undefined;
  roles: () => Readonly<Record<string, RoleRules>>;
  intake: Intake;
  /** Takes what is asked of peripherals. */
  jobDoor?: JobDoor;
  log: ListenerLog;
  clock: Clock;
  tcp?: ListenAddress | undefined;
  tls?: TlsAddress | undefined;
  webSocket?: ListenAddress | undefined;
  limits?: Partial<ConnectionLimits>;
  /** Where broker.db lies. */
  stateFile: string;
  stateLimits?: Partial<KeptStateLimits>;
  /** broker.db failed in use: the process has to end and read it again. */
  onFatal: (error: unknown) => void;
  /** broker.db could not be read; sessions begin anew. */
  onStateSetAside: (message: string) => void;
}

export interface StoreBroker extends OwnVoice {
  readonly addresses: Listeners['addresses'];
  readonly connectionCount: number;
  /** What waits for kept sessions. */
  readonly queued: { messages: number; bytes: number };
  /** How often each kind of refusal came. */
  readonly refusals: ReadonlyMap<string, number>;
  /** Publishes at QoS 1; an empty payload ends a retained one. */
  publish(message: OwnMessage): void;
  /** Topics that held a retained message when the broker opened. */
  readonly retainedAtStart: readonly string[];
  /** Closes all connections of a device at once; for a revoked one. */
  disconnectDevice(deviceId: string): void;
  close(): Promise<void>;
}

/** What of aedes 1.2 is used beyond its types. */
interface AedesInternals {
  persistence: KeptPersistence;
  counter: number;
}

/** Deliveries that may be under way at once. Ours never wait, so this only bounds a burst. */
const CONCURRENCY = 1_000;
/** Ours have four levels; aedes matches a topic by recursion and takes no more than this. */
const TOPIC_LEVELS_MAX = 100;
/** aedes checks MQTT 3.1's 23 characters against its own, longer id; the guard has done so. */
const SESSION_ID_BYTES_MAX = 65_535;

/** Longer than any commit on a disk that still works, shorter than a supervisor's patience. */
const ANSWERS_MS_MAX = 5_000;

/** The ends of a connection that are nobody's fault. */
const ORDINARY_ENDS: ReadonlySet<CloseReason> = new Set([
  'peer-closed',
  'broker-closed',
  'shutdown',
  'revoked',
]);

export async function startStoreBroker(options: StoreBrokerOptions): Promise<StoreBroker> {
  const refusals = new Refusals(options.log);
  const { aedes, hooks, sessions, state, retainedAtStart } = await assemble(options, refusals);
  const closed = (connection: GuardedConnection, reason: CloseReason): void => {
    if (!ORDINARY_ENDS.has(reason)) refusals.refused(nameOf(connection), reason);
  };
  const listeners = await startListeners({
    broker: aedes,
    tcp: options.tcp,
    tls: options.tls,
    webSocket: options.webSocket,
    ...{ log: options.log, clock: options.clock },
    onClosed: closed,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  return {
    addresses: listeners.addresses,
    get connectionCount() {
      return listeners.connectionCount;
    },
    get queued() {
      return state.totals;
    },
    refusals: refusals.counts,
    ...{ ...ownVoice(aedes), retainedAtStart },
    publish: (message) => publishOwn(aedes, message),
    disconnectDevice: (deviceId) => {
      hooks.disconnect(deviceId);
      sessions.endDevice(deviceId);
    },
    async close() {
      await answerWhatWasTaken(options.intake);
      await listeners.close();
      await new Promise<void>((resolve) => aedes.close(resolve));
      sessions.close();
      await aedes.persistence.destroy();
    },
  };
}

interface Assembly {
  aedes: Aedes & AedesInternals;
  hooks: BrokerHooks;
  sessions: SessionKeeper;
  state: KeptState;
  retainedAtStart: readonly string[];
}

async function assemble(options: StoreBrokerOptions, refusals: Refusals): Promise<Assembly> {
  const opened = await openState(options, refusals, (client, filter) =>
    hooks.isGranted(client as Client, filter),
  );
  const { persistence, stored } = opened;
  const subscribers = new ResultSubscribers((sessionId, result) => {
    const kept = persistence.outgoingEnqueue({ clientId: sessionId }, queued(aedes, result));
    // Without room it is not kept: the device asks again and gets the same answer.
    kept.catch(() => undefined);
  });
  const isKnownDevice = (id: string): boolean => options.findDevice(id) !== undefined;
  const sessions = new SessionKeeper({ ...opened, subscribers, isKnownDevice });
  const retained = new RetainedTopics();
  for (const { topic, payload } of stored.retained) retained.take(topic, payload.length);
  const hooks = new BrokerHooks({ ...options, refusals, subscribers, sessions, retained });
  const aedes = await startAedes(hooks, persistence);
  await publishLateWills({ ...options, ...opened, aedes });
  await sessions.restore();
  const retainedAtStart = stored.retained.map(({ topic }) => topic);
  return { ...opened, aedes, hooks, sessions, retainedAtStart };
}

function openState(
  options: StoreBrokerOptions,
  refusals: Refusals,
  isGranted: (client: object, filter: string) => boolean,
): Promise<OpenedPersistence> {
  return openKeptPersistence({
    path: options.stateFile,
    limits: options.stateLimits,
    isGranted,
    onFatal: options.onFatal,
    onSetAside: options.onStateSetAside,
    onDropped: (sessionId) => refusals.refused(deviceOf(sessionId), 'queue-overflow'),
  });
}

async function startAedes(
  hooks: BrokerHooks,
  persistence: KeptPersistence,
): Promise<Aedes & AedesInternals> {
  const aedes = (await Aedes.createBroker({
    persistence,
    concurrency: CONCURRENCY,
    maxTopicLevels: TOPIC_LEVELS_MAX,
    maxClientsIdLength: SESSION_ID_BYTES_MAX,
    preConnect: hooks.preConnect,
    authenticate: hooks.authenticate,
    authorizePublish: hooks.authorizePublish,
    authorizeSubscribe: hooks.authorizeSubscribe,
    authorizeForward: hooks.authorizeForward,
    published: allowAcknowledgement,
  })) as Aedes & AedesInternals;
  assert(typeof aedes.counter === 'number', 'aedes counts its packets');
  // Others pass while it waits for the disk, and aedes takes a lower number than the last for a
  // repetition: without a new one a live subscriber would not hear of it.
  persistence.onRetained = (packet) => {
    aedes.counter += 1;
    packet.brokerCounter = aedes.counter;
  };
  aedes.on('subscribe', hooks.subscribed);
  aedes.on('unsubscribe', hooks.unsubscribed);
  return aedes;
}

/** A result as aedes queues it for a session that is away. */
function queued(aedes: Aedes & AedesInternals, { topic, payload }: SentResult): AedesPublishPacket {
  aedes.counter += 1;
  return {
    cmd: 'publish',
    brokerId: aedes.id,
    brokerCounter: aedes.counter,
    topic,
    payload: Buffer.from(payload),
    qos: 1,
    retain: false,
    dup: false,
  };
}

/** Devices hear their answers before the door closes; a ledger that hangs cannot keep it open. */
async function answerWhatWasTaken(intake: Intake): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ANSWERS_MS_MAX);
  });
  await Promise.race([intake.close(), late]);
  clearTimeout(timer);
  // Answers that were left for the next turn go out in it.
  await new Promise((resolve) => setImmediate(resolve));
}

/** A device's id once it is known, else the peer's address without its ever-changing port. */
function nameOf(connection: GuardedConnection): string {
  const userName = connection.isAdmitted ? connection.connectPacket?.userName : undefined;
  return userName ?? connection.peer.replace(/:\d+$/, '');
}
