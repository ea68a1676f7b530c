/**
 * The store's rules as aedes asks for them:
 *
 * - no anonymous clients; a device is its user name. The broker knows each session as
 *   `deviceId/clientId`, so that no device can take over another's session by choosing its id;
 * - a publish outside the role closes the connection without an acknowledgement, a subscription
 *   outside it gets 0x80, a will on `transactions/` or `peripherals/` refuses the CONNECT;
 * - what a role does not cover is not forwarded either: aedes stores refused filters with a session
 *   and would deliver what they matched when it comes back;
 * - `retain` is cleared on all that devices publish: only the gateway has retained topics.
 */
import { randomUUID } from 'node:crypto';
import type { AedesOptions, Client } from 'aedes';
import { TillgateError } from '../../protocol/errors.ts';
import { assert } from '../../protocol/must.ts';
import { submitTopic } from '../../protocol/topics.ts';
import { GuardedConnection } from '../../platform/mqtt/guarded-connection.ts';
import { DeviceSession } from '../intake/device-session.ts';
import type { Intake } from '../intake/intake.ts';
import type { ResultSubscribers } from '../intake/result-subscribers.ts';
import { Authenticator } from './authenticator.ts';
import {
  BAD_CREDENTIAL,
  NOT_AUTHORIZED,
  refusal,
  SERVER_UNAVAILABLE,
  type ConnectRefused,
} from './connect-refused.ts';
import { KeptSessions } from './kept-sessions.ts';
import { packetIds } from './packet-ids.ts';
import { Permissions } from './permissions.ts';
import type { RoleRules } from './permissions.ts';
import type { Refusals } from './refusals.ts';

export interface KnownDevice {
  deviceId: string;
  role: string;
  passwordHash: string;
}

export interface BrokerHooksOptions {
  findDevice: (deviceId: string) => KnownDevice | undefined;
  roles: () => Readonly<Record<string, RoleRules>>;
  intake: Intake;
  refusals: Refusals;
  subscribers: ResultSubscribers;
  /** Forgets a session that has no connection, and all that it subscribed. */
  endSession: (sessionId: string) => void;
}

type Hook<Name extends keyof AedesOptions> = Exclude<AedesOptions[Name], undefined>;

/** What is known of a client once it was let in. */
interface Admission {
  deviceId: string;
  permissions: Permissions;
  session: DeviceSession;
  /** The filters that it holds now. */
  subscriptions: Set<string>;
}

/** More than a till with its displays and spare windows ever opens; less than the house holds. */
const CONNECTIONS_PER_DEVICE_MAX = 256;
/** All topics of a device are fewer than twenty filters. */
const SUBSCRIPTIONS_MAX = 256;
const WITHOUT_WILLS = ['transactions/', 'peripherals/'];

export class BrokerHooks {
  readonly #options: BrokerHooksOptions;
  readonly #authenticator = new Authenticator();
  readonly #admissions = new WeakMap<Client, Admission>();
  readonly #connections = new Map<string, Set<GuardedConnection>>();
  readonly #keptSessions: KeptSessions;

  constructor(options: BrokerHooksOptions) {
    this.#options = options;
    this.#keptSessions = new KeptSessions(options.endSession);
  }

  readonly preConnect: Hook<'preConnect'> = (_client, packet, done) => {
    const clientId = packet.clientId === '' ? randomUUID() : packet.clientId;
    packet.clientId = `${packet.username ?? ''}/${clientId}`;
    done(null, true);
  };

  readonly authenticate = (
    client: Client,
    userName: string | undefined,
    password: Buffer | undefined,
    done: (error: ConnectRefused | null, isAdmitted: boolean) => void,
  ): void => {
    this.#decide(client, userName, password).then(
      (returnCode) => {
        if (returnCode === 0) done(null, true);
        else done(refusal(returnCode), false);
      },
      () => done(refusal(SERVER_UNAVAILABLE), false),
    );
  };

  readonly authorizePublish: Hook<'authorizePublish'> = (client, packet, done) => {
    const admission = client === null ? undefined : this.#admissions.get(client);
    packet.retain = false;
    // The own submit topic never comes here; every other below transactions/ is not for devices.
    if (
      admission !== undefined &&
      !packet.topic.startsWith('transactions/') &&
      admission.permissions.mayPublish(packet.topic)
    ) {
      done(null);
      return;
    }
    const deviceId = admission?.deviceId ?? 'unknown';
    this.#options.refusals.refused(deviceId, 'publish-outside-role', { topic: packet.topic });
    done(new TillgateError('MQTT_REFUSED', `${deviceId} may not publish to ${packet.topic}.`));
  };

  readonly authorizeSubscribe: Hook<'authorizeSubscribe'> = (client, subscription, done) => {
    const admission = this.#admissions.get(client);
    const { topic, qos } = subscription;
    if (
      admission === undefined ||
      isOneTooMany(admission.subscriptions, topic) ||
      !admission.permissions.maySubscribe(topic)
    ) {
      const deviceId = admission?.deviceId ?? 'unknown';
      this.#options.refusals.refused(deviceId, 'subscribe-outside-role', { topic });
      done(null, null);
      return;
    }
    admission.subscriptions.add(topic);
    this.#options.subscribers.subscribed(admission.session, topic, qos);
    done(null, subscription);
  };

  readonly authorizeForward: Hook<'authorizeForward'> = (client, packet) => {
    const mayRead = this.#admissions.get(client)?.permissions.maySubscribe(packet.topic) === true;
    return mayRead ? packet : null;
  };

  readonly unsubscribed = (filters: readonly string[], client: Client): void => {
    const admission = this.#admissions.get(client);
    if (admission === undefined) return;
    for (const filter of filters) {
      admission.subscriptions.delete(filter);
      this.#options.subscribers.unsubscribed(admission.session, filter);
    }
  };

  /** Closes all connections of a device at once. */
  disconnect(deviceId: string): void {
    for (const connection of this.#connections.get(deviceId) ?? []) connection.close('revoked');
  }

  /** The CONNACK's return code; 0 admits. */
  async #decide(
    client: Client,
    userName: string | undefined,
    password: Buffer | undefined,
  ): Promise<number> {
    const { refusals, findDevice } = this.#options;
    const connection = client.conn;
    assert(connection instanceof GuardedConnection, 'the broker only gets guarded connections');
    const host = connection.peer.replace(/:\d+$/, '');
    if (userName === undefined || password === undefined) {
      refusals.refused(host, 'anonymous');
      return NOT_AUTHORIZED;
    }
    const stored = findDevice(userName)?.passwordHash;
    const found = await this.#authenticator.check(userName, Buffer.from(password), stored);
    if (found === 'busy') {
      refusals.refused(host, 'authentication-busy');
      return SERVER_UNAVAILABLE;
    }
    // Asked again: it may have been revoked while its password was checked.
    const device = findDevice(userName);
    if (found === 'wrong' || device?.passwordHash !== stored) {
      refusals.refused(stored === undefined ? host : userName, 'bad-credential');
      return BAD_CREDENTIAL;
    }
    return device === undefined ? BAD_CREDENTIAL : this.#admit(client, connection, device);
  }

  #admit(client: Client, connection: GuardedConnection, device: KnownDevice): number {
    const { refusals, roles, intake, subscribers } = this.#options;
    const { deviceId, role } = device;
    const rules = roles()[role];
    if (rules === undefined) {
      refusals.refused(deviceId, 'role-unknown', { role });
      return NOT_AUTHORIZED;
    }
    const permissions = new Permissions(rules, deviceId);
    const will = connection.connectPacket?.willTopic;
    if (will !== undefined && !mayLeaveWill(permissions, will)) {
      refusals.refused(deviceId, 'will-outside-role', { topic: will });
      return NOT_AUTHORIZED;
    }
    const siblings = this.#connections.get(deviceId) ?? new Set();
    if (siblings.size >= CONNECTIONS_PER_DEVICE_MAX) {
      refusals.refused(deviceId, 'too-many-connections');
      return SERVER_UNAVAILABLE;
    }
    if (!connection.isOpen) return SERVER_UNAVAILABLE;
    const session = new DeviceSession({
      connection,
      deviceId,
      intake,
      nextPacketId: packetIds(client),
      publishResult: (id, payload) => subscribers.publish(id, payload),
    });
    this.#admissions.set(client, { deviceId, permissions, session, subscriptions: new Set() });
    siblings.add(connection);
    this.#connections.set(deviceId, siblings);
    this.#cameBack(client, session);
    const own = submitTopic(deviceId);
    connection.takeSubmissions(permissions.mayPublish(own) ? own : undefined, session);
    connection.once('close', () => {
      siblings.delete(connection);
      if (siblings.size === 0) this.#connections.delete(deviceId);
      this.#left(client, session);
    });
    return 0;
  }

  #cameBack(client: Client, session: DeviceSession): void {
    this.#options.subscribers.cameBack(client.id, session);
    this.#keptSessions.cameBack(session.deviceId, client.id);
  }

  #left(client: Client, session: DeviceSession): void {
    const { subscribers } = this.#options;
    subscribers.left(session, client.id, !client.clean);
    if (client.clean || subscribers.isHeld(client.id)) return;
    this.#keptSessions.left(session.deviceId, client.id);
  }
}

/** Subscribing to a filter again only replaces it ([MQTT-3.8.4-3]). */
function isOneTooMany(subscriptions: ReadonlySet<string>, filter: string): boolean {
  return subscriptions.size >= SUBSCRIPTIONS_MAX && !subscriptions.has(filter);
}

function mayLeaveWill(permissions: Permissions, topic: string): boolean {
  return !WITHOUT_WILLS.some((root) => topic.startsWith(root)) && permissions.mayPublish(topic);
}
