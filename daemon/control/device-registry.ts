/**
 * The devices of this gateway: their role, the hash of their password, their public keys. A small
 * file, whole in memory. It is what counts at the door; that somebody was let in or put out is an
 * entry of the log before it is written here (device-operations.ts).
 */
import { Registry } from '../../platform/durable/registry.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { FeedScope } from '../../protocol/feed/feed-origin.ts';
import type { DeviceKey } from '../../protocol/transaction/judgement.ts';
import type { GatewayConfig } from '../../config/gateway-schema.ts';

export type RoleRules = GatewayConfig['roles'][string];

/** A role that headquarters named, and the feed that says so. */
export interface HqRole {
  rules: RoleRules;
  scope: FeedScope;
}

export interface EnrolledKey extends DeviceKey {
  addedAt: string;
  /** Null while it counts. */
  revokedAt: string | null;
}

export interface Device {
  deviceId: string;
  role: string;
  passwordHash: string;
  addedAt: string;
  /** Null while the device may connect. */
  revokedAt: string | null;
  keys: EnrolledKey[];
  /** Of one that headquarters named: by which document of which feed, and what it stands before. */
  headquarters?: { document: string; scope: FeedScope; before: Device | null };
}

interface DevicesFile {
  version: 1;
  devices: Record<string, Device>;
  /** Those that headquarters named. */
  roles?: Record<string, HqRole>;
}

export class DeviceRegistry {
  readonly #registry: Registry<DevicesFile>;
  /** Live keys by device, because intake asks for them with every submission. */
  #liveKeys = new Map<string, readonly DeviceKey[]>();
  #roles: Readonly<Record<string, RoleRules>> = {};
  #onChange: (deviceId: string) => void = () => undefined;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(registry: Registry<DevicesFile>) {
    this.#registry = registry;
    this.#indexKeys();
    this.#indexRoles();
  }

  static async open(path: string): Promise<DeviceRegistry> {
    const empty: DevicesFile = { version: 1, devices: {} };
    return new DeviceRegistry(await Registry.open({ path, empty, check: checkFile }));
  }

  /** Every device ever enrolled under its present record, by id. */
  all(): readonly Device[] {
    return Object.values(this.#registry.data.devices).sort((a, b) =>
      a.deviceId < b.deviceId ? -1 : 1,
    );
  }

  /** A device that may connect. */
  live(deviceId: string): Device | undefined {
    const device = this.find(deviceId);
    return device?.revokedAt === null ? device : undefined;
  }

  find(deviceId: string): Device | undefined {
    const { devices } = this.#registry.data;
    return Object.hasOwn(devices, deviceId) ? devices[deviceId] : undefined;
  }

  /** The keys with which a device may sign now; empty for a device that has none. */
  liveKeys(deviceId: string): readonly DeviceKey[] {
    return this.#liveKeys.get(deviceId) ?? [];
  }

  /** Replaces one device's record durably. */
  async put(device: Device): Promise<void> {
    await this.#registry.update((draft) => {
      draft.devices[device.deviceId] = device;
    });
    this.#indexKeys();
    this.#onChange(device.deviceId);
  }

  /** The roles that headquarters named; they stand before those of the configuration. */
  roles(): Readonly<Record<string, RoleRules>> {
    return this.#roles;
  }

  hqRoles(): Readonly<Record<string, HqRole>> {
    return this.#registry.data.roles ?? {};
  }

  async putRoles(roles: Record<string, HqRole>): Promise<void> {
    await this.#registry.update((draft) => {
      draft.roles = roles;
    });
    this.#indexRoles();
  }

  /** One change at a time, so that two who look before they write do not both find a name free. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Calls `listener` with each device whose record changed, once the change is durable. */
  onChange(listener: (deviceId: string) => void): void {
    this.#onChange = listener;
  }

  #indexRoles(): void {
    const entries = Object.entries(this.hqRoles());
    this.#roles = Object.fromEntries(entries.map(([id, { rules }]) => [id, rules]));
  }

  #indexKeys(): void {
    this.#liveKeys = new Map(
      this.all()
        .filter((device) => device.revokedAt === null)
        .map((device) => [device.deviceId, device.keys.filter((key) => key.revokedAt === null)]),
    );
  }
}

function checkFile(value: unknown): DevicesFile {
  const file = value as Partial<DevicesFile> | null;
  if (file === null || typeof file !== 'object' || file.version !== 1) {
    throw new TillgateError('REGISTRY_UNREADABLE', 'It is not a list of devices of version 1.');
  }
  if (typeof file.devices !== 'object') {
    throw new TillgateError('REGISTRY_UNREADABLE', 'It has no devices member.');
  }
  const roles = typeof file.roles === 'object' ? { roles: file.roles } : {};
  return { version: 1, devices: file.devices, ...roles };
}
