/**
 * Enrolling and revoking devices and their keys. Each change is an entry of the log before it takes
 * effect: a crash in between leaves an entry about something that did not happen yet, which the
 * operator, who saw no success, does again.
 */
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { isId } from '../../protocol/ids.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { generatePassword, hashPassword } from '../broker/credential.ts';
import type { Answer, Append } from '../ledger/commands.ts';
import { parseDeviceKey } from './device-key.ts';
import type { ParsedDeviceKey } from './device-key.ts';
import type { Device, DeviceRegistry, EnrolledKey } from './device-registry.ts';

export interface DeviceOperationsOptions {
  registry: DeviceRegistry;
  ledger: { append(command: Append): Promise<Answer> };
  roles: () => GatewayConfig['roles'];
  clock: Clock;
  /** Called when the device's rights changed, so that its connections are closed at once. */
  onRevoked?: (deviceId: string) => void;
}

export interface DeviceCredential {
  deviceId: string;
  /** The MQTT user name. */
  username: string;
  /** Shown this once; only its hash is kept. */
  password: string;
}

export interface ShownKey {
  kid: string;
  alg: string;
  addedAt: string;
  revokedAt: string | null;
}

export interface ShownDevice {
  deviceId: string;
  role: string;
  addedAt: string;
  revokedAt: string | null;
  keys: ShownKey[];
  /** Who named it. */
  from: 'local' | 'headquarters';
}

export class DeviceOperations {
  readonly #options: DeviceOperationsOptions;

  constructor(options: DeviceOperationsOptions) {
    this.#options = options;
  }

  /** Throws `DEVICE_EXISTS`, `ROLE_UNKNOWN`, `DEVICE_KEY_INVALID` or `USAGE` for a bad id. */
  add(request: { deviceId: string; role: string; key?: string }): Promise<DeviceCredential> {
    return this.#options.registry.inTurn(() => this.#add(request));
  }

  list(): ShownDevice[] {
    return this.#options.registry.all().map(({ headquarters, ...device }) => {
      const { deviceId, role, addedAt, revokedAt, keys } = device;
      const from = headquarters === undefined ? 'local' : 'headquarters';
      return { deviceId, role, addedAt, revokedAt, keys: keys.map(shownKey), from };
    });
  }

  /** Throws `DEVICE_UNKNOWN`. Its connections are closed before this returns. */
  revoke(deviceId: string): Promise<ShownDevice> {
    return this.#options.registry.inTurn(async () => {
      const device = this.#live(deviceId);
      await this.#record(deviceId, { action: 'deviceRevoked' });
      const revokedAt = this.#now();
      const keys = device.keys.map((key) => ({ ...key, revokedAt: key.revokedAt ?? revokedAt }));
      await this.#options.registry.put({ ...device, revokedAt, keys });
      this.#options.onRevoked?.(deviceId);
      return this.#shown(deviceId);
    });
  }

  /**
   * Throws `DEVICE_UNKNOWN`, `DEVICE_FROM_HEADQUARTERS`, `DEVICE_KEY_INVALID` or `DEVICE_KEY_EXISTS`.
   */
  addKey(deviceId: string, keyText: string): Promise<ShownKey> {
    return this.#options.registry.inTurn(async () => {
      const device = this.#live(deviceId);
      this.#refuseHeadquarters(deviceId);
      const parsed = await parseDeviceKey(keyText);
      const { kid } = parsed.key;
      if (device.keys.some((key) => key.kid === kid && key.revokedAt === null)) {
        throw new TillgateError('DEVICE_KEY_EXISTS', `${deviceId} has the key ${kid} already.`);
      }
      await this.#record(deviceId, { action: 'keyAdded', ...keyMembers(parsed) });
      const key = this.#enrolled(parsed);
      const others = device.keys.filter((other) => other.kid !== kid);
      await this.#options.registry.put({ ...device, keys: [...others, key] });
      return shownKey(key);
    });
  }

  /** Throws `DEVICE_UNKNOWN`. */
  listKeys(deviceId: string): ShownKey[] {
    const device = this.#options.registry.find(deviceId);
    if (device === undefined) throw unknown(deviceId);
    return device.keys.map(shownKey);
  }

  /** Throws `DEVICE_UNKNOWN` or `DEVICE_KEY_UNKNOWN`; the device itself stays. */
  revokeKey(deviceId: string, kid: string): Promise<ShownKey> {
    return this.#options.registry.inTurn(async () => {
      const device = this.#live(deviceId);
      const key = device.keys.find((item) => item.kid === kid && item.revokedAt === null);
      if (key === undefined) {
        throw new TillgateError('DEVICE_KEY_UNKNOWN', `${deviceId} has no live key ${kid}.`);
      }
      await this.#record(deviceId, { action: 'keyRevoked', kid });
      const revoked = { ...key, revokedAt: this.#now() };
      const keys = device.keys.map((item) => (item === key ? revoked : item));
      await this.#options.registry.put({ ...device, keys });
      return shownKey(revoked);
    });
  }

  async #add(request: { deviceId: string; role: string; key?: string }): Promise<DeviceCredential> {
    const { deviceId, role } = request;
    this.#checkNew(deviceId, role);
    const parsed = request.key === undefined ? undefined : await parseDeviceKey(request.key);
    const password = generatePassword();
    const passwordHash = await hashPassword(password);
    const members = parsed === undefined ? {} : keyMembers(parsed);
    await this.#record(deviceId, { action: 'deviceAdded', role, ...members });
    const keys = parsed === undefined ? [] : [this.#enrolled(parsed)];
    const addedAt = this.#now();
    const device: Device = { deviceId, role, passwordHash, addedAt, revokedAt: null, keys };
    await this.#options.registry.put(device);
    return { deviceId, username: deviceId, password };
  }

  #checkNew(deviceId: string, role: string): void {
    if (!isId(deviceId)) {
      throw new TillgateError(
        'USAGE',
        `A device id is lower-case letters, digits and -, up to 32 (got ${JSON.stringify(deviceId)}).`,
      );
    }
    if (this.#options.registry.live(deviceId) !== undefined) {
      throw new TillgateError('DEVICE_EXISTS', `There is a device ${deviceId} already.`);
    }
    this.#refuseHeadquarters(deviceId);
    const roles = Object.keys(this.#options.roles());
    if (!roles.includes(role)) {
      throw new TillgateError(
        'ROLE_UNKNOWN',
        `There is no role ${JSON.stringify(role)}; roles are ${roles.join(', ')}.`,
      );
    }
  }

  /** A revoked one too: headquarters says when it counts again. */
  #refuseHeadquarters(deviceId: string): void {
    if (this.#options.registry.find(deviceId)?.headquarters === undefined) return;
    const message = `${deviceId} was named by headquarters, which alone changes it.`;
    throw new TillgateError('DEVICE_FROM_HEADQUARTERS', message);
  }

  #live(deviceId: string): Device {
    const device = this.#options.registry.live(deviceId);
    if (device === undefined) throw unknown(deviceId);
    return device;
  }

  #shown(deviceId: string): ShownDevice {
    const device = this.list().find((item) => item.deviceId === deviceId);
    if (device === undefined) throw unknown(deviceId);
    return device;
  }

  #enrolled({ key }: ParsedDeviceKey): EnrolledKey {
    return { ...key, addedAt: this.#now(), revokedAt: null };
  }

  #record(deviceId: string, members: Record<string, Json>): Promise<Answer> {
    return this.#options.ledger.append({ type: 'append', kind: 'device', deviceId, members });
  }

  #now(): string {
    return new Date(this.#options.clock.wallMs()).toISOString();
  }
}

const shownKey = ({ kid, alg, addedAt, revokedAt }: EnrolledKey): ShownKey => ({
  kid,
  alg,
  addedAt,
  revokedAt,
});

const keyMembers = ({ key, jwk }: ParsedDeviceKey): Record<string, Json> => ({
  kid: key.kid,
  alg: key.alg,
  publicKey: jwk,
});

const unknown = (deviceId: string): TillgateError =>
  new TillgateError('DEVICE_UNKNOWN', `There is no device ${JSON.stringify(deviceId)}.`);
