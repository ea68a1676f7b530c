/**
 * Devices and roles that headquarters names, in force at the door beside those enrolled here. Where
 * both have one of an id, headquarters' stands, and what it stood before comes back when it is taken
 * back. A device of headquarters that was revoked here stays revoked until headquarters says something
 * else of it. Each change is an entry before it takes effect, and closes the connections that it
 * concerns; what cannot be followed is on record once, and what was in force stays.
 */
import { createHash } from 'node:crypto';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError, isTillgateError } from '../../protocol/errors.ts';
import type { DeviceDocument, RoleDocument } from '../../protocol/feed/gateway-documents.ts';
import { canonicalJson } from '../../protocol/json/canonical.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { isTopicFilter } from '../../protocol/topics.ts';
import { isPasswordHash } from '../broker/credential.ts';
import { parseDeviceKey } from '../control/device-key.ts';
import type {
  Device,
  DeviceRegistry,
  EnrolledKey,
  HqRole,
  RoleRules,
} from '../control/device-registry.ts';
import type { Answer, Append } from '../ledger/commands.ts';
import { mostParticular } from './hq-words.ts';
import type { HqWords, Placed } from './hq-words.ts';

export type RefusedWord = { collection: string; id: string; code: string; message: string };

export type HqDevicesOptions = {
  registry: DeviceRegistry;
  ledger: { append(command: Append): Promise<Answer> };
  clock: Clock;
  /** Those of the configuration. */
  ownRoles: () => GatewayConfig['roles'];
  /** Closes the connections of a device. */
  disconnect: (deviceId: string) => void;
};

const RIGHT = /^[a-z][a-zA-Z]{0,31}$/;
const HASH_DIGITS = 32;

export class HqDevices {
  readonly #options: HqDevicesOptions;
  #refused: RefusedWord[] = [];

  constructor(options: HqDevicesOptions) {
    this.#options = options;
  }

  /** What headquarters says and cannot be followed. */
  get refused(): readonly RefusedWord[] {
    return this.#refused;
  }

  async follow(words: HqWords): Promise<void> {
    const refused: RefusedWord[] = [];
    await this.#followRoles(words, refused);
    const said = mostParticular(words.devices, ({ deviceId }) => deviceId);
    for (const word of said.values()) {
      const failure = await this.#options.registry.inTurn(() => this.#hear(word));
      if (failure !== undefined) refused.push(failure);
    }
    for (const { deviceId, headquarters } of this.#options.registry.all()) {
      if (headquarters === undefined || said.has(deviceId)) continue;
      // A feed that is on its way in says nothing yet.
      if (!words.scopes.includes(headquarters.scope)) continue;
      await this.#options.registry.inTurn(() => this.#withdraw(deviceId));
    }
    this.#refused = refused;
  }

  async #followRoles(words: HqWords, refused: RefusedWord[]): Promise<void> {
    const { registry, disconnect } = this.#options;
    const said = mostParticular(words.roles, ({ roleId }) => roleId);
    const before = registry.hqRoles();
    const roles: Record<string, HqRole> = {};
    for (const [roleId, { document, scope }] of said) {
      const problem = roleProblem(document);
      const known = before[roleId];
      if (problem === undefined) roles[roleId] = { rules: rulesOf(document), scope };
      else {
        if (known !== undefined) roles[roleId] = known;
        refused.push({ collection: 'role', id: roleId, code: 'CONFIG_VALUE', message: problem });
      }
    }
    for (const [roleId, role] of Object.entries(before)) {
      // A feed that is on its way in says nothing yet.
      if (!words.scopes.includes(role.scope)) roles[roleId] ??= role;
    }
    const names = [...new Set([...Object.keys(before), ...Object.keys(roles)])].sort();
    const changed = names.filter((name) => textOf(before[name]) !== textOf(roles[name]));
    if (changed.length === 0) return;
    for (const roleId of changed) {
      const rules: Json = roles[roleId]?.rules ?? null;
      await this.#options.ledger.append({
        ...{ type: 'append', kind: 'config' },
        members: { action: 'roleFromHeadquarters', roleId, rules },
      });
    }
    await registry.putRoles(roles);
    for (const { deviceId, role } of registry.all()) {
      if (changed.includes(role)) disconnect(deviceId);
    }
  }

  /** Gives why it cannot be followed. */
  async #hear({ document, ...place }: Placed<'device'>): Promise<RefusedWord | undefined> {
    const { registry, disconnect } = this.#options;
    const { deviceId } = document;
    const known = registry.find(deviceId);
    const said = textOf(document);
    // Whatever became of it here meanwhile: it may have been revoked.
    if (known?.headquarters?.document === said) return undefined;
    let device: Device;
    try {
      device = await this.#deviceOf(document, known);
    } catch (error) {
      if (!isTillgateError(error)) throw error;
      return this.#refuse(document, error);
    }
    const { scope, origin, entry } = place;
    const before = known?.headquarters === undefined ? (known ?? null) : known.headquarters.before;
    await this.#record(deviceId, {
      ...{ action: 'deviceFromHeadquarters', role: device.role },
      ...{ revoked: device.revokedAt !== null, kids: device.keys.map(({ kid }) => kid) },
      document: { origin, index: entry },
    });
    await registry.put({ ...device, headquarters: { document: said, scope, before } });
    const isSameAtDoor =
      known?.revokedAt === null &&
      device.revokedAt === null &&
      known.role === device.role &&
      known.passwordHash === device.passwordHash;
    if (known !== undefined && !isSameAtDoor) disconnect(deviceId);
    return undefined;
  }

  /** Throws what is wrong with it. */
  async #deviceOf(document: DeviceDocument, known: Device | undefined): Promise<Device> {
    const { deviceId, role, credential, keys = [], revoked = false } = document;
    const roles = { ...this.#options.ownRoles(), ...this.#options.registry.roles() };
    if (!Object.hasOwn(roles, role)) {
      throw new TillgateError('ROLE_UNKNOWN', `There is no role ${role} here.`);
    }
    if (credential !== undefined && !isPasswordHash(credential)) {
      const message =
        'The credential is no hash of a password: see `tillgate hq device credential`.';
      throw new TillgateError('DEVICE_CREDENTIAL_INVALID', message);
    }
    const at = this.#now();
    const revokedAt = revoked ? at : null;
    const enrolled: EnrolledKey[] = [];
    for (const text of keys) {
      const { key } = await parseDeviceKey(text);
      enrolled.push({ ...key, addedAt: at, revokedAt });
    }
    // Without a credential of headquarters it logs in with the one that it has.
    const passwordHash = credential ?? known?.passwordHash ?? '';
    return {
      deviceId,
      role,
      passwordHash,
      addedAt: known?.addedAt ?? at,
      revokedAt,
      keys: enrolled,
    };
  }

  async #withdraw(deviceId: string): Promise<void> {
    const { registry, disconnect } = this.#options;
    const device = registry.find(deviceId);
    if (device?.headquarters === undefined) return;
    const { before } = device.headquarters;
    await this.#record(deviceId, { action: 'deviceWithdrawn', local: before !== null });
    const gone = { ...device, revokedAt: device.revokedAt ?? this.#now() };
    delete gone.headquarters;
    await registry.put(before ?? gone);
    disconnect(deviceId);
  }

  async #refuse(document: DeviceDocument, { code, message }: TillgateError): Promise<RefusedWord> {
    const { deviceId } = document;
    await this.#options.ledger.append({
      ...{ type: 'append', kind: 'device', deviceId },
      members: { action: 'deviceRefused', code, message },
      once: `deviceRefused/${deviceId}/${textOf(document)}/${code}`,
    });
    return { collection: 'device', id: deviceId, code, message };
  }

  #record(deviceId: string, members: Record<string, Json>): Promise<Answer> {
    return this.#options.ledger.append({ type: 'append', kind: 'device', deviceId, members });
  }

  #now(): string {
    return new Date(this.#options.clock.wallMs()).toISOString();
  }
}

/** Those of the configuration and of headquarters, which stand before. */
export function rolesInForce(
  own: GatewayConfig['roles'],
  registry: Pick<DeviceRegistry, 'roles'>,
): GatewayConfig['roles'] {
  return { ...own, ...registry.roles() };
}

function roleProblem({
  publish = [],
  subscribe = [],
  rights = [],
}: RoleDocument): string | undefined {
  const filter = [...publish, ...subscribe].find((topic) => !isTopicFilter(topic));
  if (filter !== undefined) return `${filter} is no topic filter.`;
  const right = rights.find((name) => !RIGHT.test(name));
  return right === undefined ? undefined : `${right} is no name of a right.`;
}

function rulesOf({ publish = [], subscribe = [], rights = [] }: RoleDocument): RoleRules {
  return { publish, subscribe, rights };
}

/** Tells what was said from everything else that could be. */
function textOf(value: object | undefined): string {
  const text = value === undefined ? '' : canonicalJson(value as Json);
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
}
