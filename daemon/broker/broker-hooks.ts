/**
 * The store's rules as aedes asks for them:
 *
 * - no anonymous clients; a device is its user name. The broker knows each session as
 *   `deviceId/clientId`, so that no device can take over another's session by choosing its id;
 * - a publish outside the role closes the connection without an acknowledgement, a subscription
 *   outside it gets 0x80, a will on `transactions/` or `peripherals/` refuses the CONNECT;
 * - what a role does not cover is not forwarded either, for it may have changed since;
 * - a message comes at the highest QoS that its subscriber was granted for it, and no higher
 *   ([MQTT-3.3.5-1], [MQTT-3.8.4-6]); aedes looks at one subscription alone;
 * - what is asked of a peripheral goes to its jobs and to no subscriber (job-door.ts);
 * - `retain` is cleared in the gateway's own trees (retained-topics.ts).
 */
import { randomUUID } from 'node:crypto';
import type { AedesOptions, Client } from 'aedes';
import { TillgateError } from '../../protocol/errors.ts';
import { assert } from '../../protocol/must.ts';
import { requestIn, submitTopic } from '../../protocol/topics.ts';
import { GuardedConnection } from '../../platform/mqtt/guarded-connection.ts';
import type { DeviceSession } from '../intake/device-session.ts';
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
import { DeviceConnections } from './device-connections.ts';
import { GrantedFilters } from './granted-filters.ts';
import { isOthersJob, type JobDoor } from './job-door.ts';
import { openSession } from './open-session.ts';
import { Permissions, type RoleRules } from './permissions.ts';
import type { Refusals } from './refusals.ts';
import { isContractTopic } from './retained-topics.ts';
import type { RetainedTopics } from './retained-topics.ts';
import type { SessionKeeper } from './session-keeper.ts';

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
  sessions: SessionKeeper;
  retained: RetainedTopics;
  /** Takes what is asked of peripherals. */
  jobDoor?: JobDoor | undefined;
}

type Hook<Name extends keyof AedesOptions> = Exclude<AedesOptions[Name], undefined>;

/** What is known of a client once it was let in. */
interface Admission {
  deviceId: string;
  role: string;
  permissions: Permissions;
  session: DeviceSession;
  filters: GrantedFilters;
}

export class BrokerHooks {
  readonly #options: BrokerHooksOptions;
  readonly #authenticator = new Authenticator();
  readonly #admissions = new WeakMap<Client, Admission>();
  readonly #connections = new DeviceConnections();

  constructor(options: BrokerHooksOptions) {
    this.#options = options;
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
    // The own submit topic never comes here; every other below transactions/ is not for devices.
    if (
      admission !== undefined &&
      !packet.topic.startsWith('transactions/') &&
      !isOthersJob(packet.topic, admission.deviceId) &&
      admission.permissions.mayPublish(packet.topic)
    ) {
      const request = client === null ? undefined : requestIn(packet.topic);
      const { jobDoor } = this.#options;
      if (client !== null && request?.deviceId === admission.deviceId && jobDoor !== undefined) {
        jobDoor.take(client, packet, { ...request, role: admission.role });
        done(null);
        return;
      }
      packet.dup = false; // [MQTT-3.3.1-3]: each delivery has a flag of its own.
      packet.retain = packet.retain && !isContractTopic(packet.topic);
      if (!packet.retain || this.#options.retained.take(packet.topic, packet.payload.length))
        done(null);
      else done(this.#refusedPublish(admission.deviceId, packet.topic, 'retained-full'));
      return;
    }
    const deviceId = admission?.deviceId ?? 'unknown';
    done(this.#refusedPublish(deviceId, packet.topic, 'publish-outside-role'));
  };

  readonly authorizeSubscribe: Hook<'authorizeSubscribe'> = (client, subscription, done) => {
    const admission = this.#admissions.get(client);
    const { topic, qos } = subscription;
    if (
      admission === undefined ||
      !admission.filters.hasRoomFor(topic) ||
      !admission.permissions.maySubscribe(topic) ||
      !this.#options.sessions.canKeep(client, topic)
    ) {
      const deviceId = admission?.deviceId ?? 'unknown';
      this.#options.refusals.refused(deviceId, 'subscribe-outside-role', { topic });
      done(null, null);
      return;
    }
    admission.filters.grant(topic, qos);
    this.#options.subscribers.subscribed(admission.session, topic, qos);
    // aedes delivers once, by whichever filter comes first: each must be able to carry any QoS.
    done(null, { ...subscription, qos: 2 });
  };

  readonly authorizeForward: Hook<'authorizeForward'> = (client, packet) => {
    const admission = this.#admissions.get(client);
    if (admission?.permissions.maySubscribe(packet.topic) !== true) return null;
    if (this.#options.sessions.mustWait(client.id, packet)) return null;
    const granted = admission.filters.qosFor(packet.topic);
    // What waited for a session is delivered even when its filter is gone ([MQTT-3.10.4-3]).
    if (granted === undefined) return packet.topic.startsWith('$') ? null : packet;
    return granted < packet.qos ? { ...packet, qos: granted } : packet;
  };

  readonly unsubscribed = (filters: readonly string[], client: Client): void => {
    const admission = this.#admissions.get(client);
    if (admission === undefined) return;
    for (const filter of filters) {
      admission.filters.drop(filter);
      this.#options.subscribers.unsubscribed(admission.session, filter);
    }
  };

  readonly subscribed = (subscriptions: readonly { topic: string }[], client: Client): void => {
    const deviceId = this.#admissions.get(client)?.deviceId;
    if (deviceId !== undefined) this.#options.jobDoor?.subscribed(deviceId, subscriptions);
  };

  /** Was this filter granted to the client? aedes would keep those that were refused as well. */
  isGranted(client: Client, filter: string): boolean {
    return this.#admissions.get(client)?.filters.has(filter) === true;
  }

  #refusedPublish(deviceId: string, topic: string, reason: string): TillgateError {
    this.#options.refusals.refused(deviceId, reason, { topic });
    return new TillgateError('MQTT_REFUSED', `${deviceId} may not publish to ${topic}: ${reason}.`);
  }

  /** Closes all connections of a device at once. */
  disconnect(deviceId: string): void {
    this.#connections.closeAll(deviceId);
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
    const { refusals, roles, sessions } = this.#options;
    const { deviceId, role } = device;
    const rules = roles()[role];
    if (rules === undefined) {
      refusals.refused(deviceId, 'role-unknown', { role });
      return NOT_AUTHORIZED;
    }
    const permissions = new Permissions(rules, deviceId);
    const will = connection.connectPacket?.willTopic;
    if (will !== undefined && !permissions.mayLeaveWill(will)) {
      refusals.refused(deviceId, 'will-outside-role', { topic: will });
      return NOT_AUTHORIZED;
    }
    if (!this.#connections.hasRoomFor(deviceId)) {
      refusals.refused(deviceId, 'too-many-connections');
      return SERVER_UNAVAILABLE;
    }
    if (!connection.isOpen) return SERVER_UNAVAILABLE;
    const session = openSession(this.#options, { client, connection, deviceId, permissions });
    const filters = new GrantedFilters();
    this.#admissions.set(client, { deviceId, role, permissions, session, filters });
    this.#connections.add(deviceId, connection);
    connection.output.sessionPresent = sessions.resumes(client);
    sessions.cameBack(client, session);
    connection.output.holdAcknowledgements();
    const own = submitTopic(deviceId);
    connection.takeSubmissions(permissions.mayPublish(own) ? own : undefined, session);
    connection.once('close', () => {
      this.#connections.remove(deviceId, connection);
      sessions.left(client, session);
    });
    return 0;
  }
}
