/**
 * What a technician does while the store sells: enrols devices, revokes some, changes the
 * configuration. What was answered has to be there for ever, whatever happens next.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { gatewayPaths } from '../../config/paths.ts';
import { askGateway } from './chain-processes.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Never a limit that anybody would feel. */
const RATE_MIN = 500_000_000;
const CONFIG_KEY = 'uplink.maxBytesPerSecond';

export interface Done {
  /** Devices, and whether they are live. */
  devices: Map<string, boolean>;
  /** The value that was set last, and those that were tried since. */
  config: number[];
}

export class Chores {
  readonly #random: SeededRandom;
  readonly #devices = new Map<string, boolean>();
  /** As `init` writes it. */
  #config = [0];
  #count = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** One of them, at the running gateway of `home`; what gets no answer may or may not count. */
  async one(home: string): Promise<void> {
    const live = [...this.#devices].filter(([, isLive]) => isLive).map(([deviceId]) => deviceId);
    const choice = this.#random.below(3);
    if (choice === 0) await this.#set(home);
    else if (choice === 1 && live.length > 2) await this.#revoke(home, this.#random.pick(live));
    else await this.#add(home);
  }

  /** As it is known at this moment. */
  done(): Done {
    return { devices: new Map(this.#devices), config: [...this.#config] };
  }

  async #add(home: string): Promise<void> {
    this.#count += 1;
    const deviceId = `extra-${this.#count}`;
    const added = await askGateway(home, ({ call }) =>
      call('device.add', { deviceId, role: 'till' }),
    );
    if (added !== undefined) this.#devices.set(deviceId, true);
  }

  async #revoke(home: string, deviceId: string): Promise<void> {
    // Until it is answered it counts as neither.
    this.#devices.delete(deviceId);
    const revoked = await askGateway(home, ({ call }) => call('device.revoke', { deviceId }));
    if (revoked !== undefined) this.#devices.set(deviceId, false);
  }

  async #set(home: string): Promise<void> {
    const value = RATE_MIN + this.#random.below(RATE_MIN);
    this.#config.push(value);
    const text = String(value);
    const set = await askGateway(home, ({ call }) => call('config.set', { key: CONFIG_KEY, text }));
    if (set !== undefined) this.#config = [value];
  }
}

/** What of `done` the home does not hold; `later` is what was begun until now. */
export function choreViolations(home: string, done: Done, later: Done = done): string[] {
  const violations = registryViolations(home, unchanged(done.devices, later.devices));
  const config = parse(readFileSync(gatewayPaths(home).configFile, 'utf8')) as {
    uplink: { maxBytesPerSecond: number };
  };
  const value = config.uplink.maxBytesPerSecond;
  if (![...done.config, ...later.config].includes(value)) {
    violations.push(`${CONFIG_KEY} is ${value}, and was set to ${done.config.join(' or ')}`);
  }
  return violations;
}

/** A device that was being revoked meanwhile may be either. */
function unchanged(
  devices: ReadonlyMap<string, boolean>,
  later: ReadonlyMap<string, boolean>,
): Map<string, boolean> {
  return new Map([...devices].filter(([deviceId, isLive]) => later.get(deviceId) === isLive));
}

/** Devices whose enrolment was answered, or whose revocation was. */
function registryViolations(home: string, devices: ReadonlyMap<string, boolean>): string[] {
  const { registryFile } = gatewayPaths(home);
  if (!existsSync(registryFile)) return devices.size === 0 ? [] : ['the registry is gone'];
  const file = JSON.parse(readFileSync(registryFile, 'utf8')) as {
    devices: Record<string, { revokedAt: string | null }>;
  };
  return [...devices].flatMap(([deviceId, isLive]) => {
    const device = file.devices[deviceId];
    if (device === undefined) return [`the device ${deviceId} is gone`];
    return !isLive && device.revokedAt === null ? [`${deviceId} is enrolled again`] : [];
  });
}
