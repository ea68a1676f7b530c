/**
 * Devices after a roll-back: the registry went back with the disk, and the entries that come back
 * from HQ say what had happened to it. A revocation takes effect again, and so does a key, which
 * stands in its entry; each as an entry of the newest log, because that is what counts from now on.
 * An enrolment cannot come back: the hash of its password is in no log, so an alarm names the device.
 *
 * Taking the same entries again changes nothing. What a technician enrolled anew meanwhile stays, by
 * the times in both records; an alarm says so, because a clock may have been wrong.
 */
import type { AlarmBook } from '../../platform/alarms.ts';
import type { Json, JsonObject } from '../../protocol/json/json-value.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import type { DeviceKey } from '../../protocol/transaction/judgement.ts';
import type { Append, Answer } from '../ledger/commands.ts';
import { parseDeviceKey } from './device-key.ts';
import type { Device, DeviceRegistry } from './device-registry.ts';

export interface DeviceRecoveryOptions {
  registry: DeviceRegistry;
  ledger: { append(command: Append): Promise<Answer> };
  alarms: Pick<AlarmBook, 'raise'>;
  /** The device lost its rights: its connections are closed. */
  onRevoked: (deviceId: string) => void;
}

interface Event {
  readonly deviceId: string;
  readonly action: string;
  /** RFC 3339, of the entry that came back. */
  readonly at: string;
  readonly header: JsonObject;
  readonly from: JsonObject;
}

const MARK = Buffer.from('"kind":"device"', 'latin1');

export class DeviceRecovery {
  readonly #options: DeviceRecoveryOptions;

  constructor(options: DeviceRecoveryOptions) {
    this.#options = options;
  }

  /** Follows entries of `origin` that came back, `leaves[0]` being entry `start`. */
  async take(origin: string, start: number, leaves: readonly Uint8Array[]): Promise<void> {
    for (const [offset, leaf] of leaves.entries()) {
      const event = deviceEventIn(leaf, { origin, index: start + offset });
      if (event === undefined) continue;
      await this.#options.registry.inTurn(() => this.#follow(event));
    }
  }

  async #follow(event: Event): Promise<void> {
    const device = this.#options.registry.find(event.deviceId);
    switch (event.action) {
      case 'deviceAdded':
        if (device === undefined || device.addedAt < event.at) this.#enrolmentLost(event);
        return;
      case 'deviceRevoked':
        if (device?.revokedAt === null) await this.#revoke(device, event);
        return;
      case 'keyAdded':
        if (device?.revokedAt === null) await this.#addKey(device, event);
        return;
      case 'keyRevoked':
        if (device !== undefined) await this.#revokeKey(device, event);
    }
  }

  #enrolmentLost({ deviceId, header }: Event): void {
    const role = typeof header['role'] === 'string' ? header['role'] : 'ROLE';
    this.#options.alarms.raise(
      'DEVICES_ROLLED_BACK',
      `The device ${deviceId} was enrolled in entries that this gateway had lost; its password is in ` +
        `no log. Enrol it again: tillgate device add ${deviceId} --role ${role}`,
    );
  }

  async #revoke(device: Device, event: Event): Promise<void> {
    const { deviceId, at } = event;
    if (device.addedAt > at) {
      this.#enrolledSince(deviceId, `The device ${deviceId} was`);
      return;
    }
    await this.#record(event, { action: 'deviceRevoked' });
    const keys = device.keys.map((key) => ({ ...key, revokedAt: key.revokedAt ?? at }));
    await this.#options.registry.put({ ...device, revokedAt: at, keys });
    this.#options.onRevoked(deviceId);
    this.#revokedAgain(`The device ${deviceId} is`);
  }

  async #revokeKey(device: Device, event: Event): Promise<void> {
    const { deviceId, at, header } = event;
    const key = device.keys.find((item) => item.kid === header['kid'] && item.revokedAt === null);
    if (key === undefined) return;
    if (key.addedAt > at) {
      this.#enrolledSince(deviceId, `The key ${key.kid} of ${deviceId} was`);
      return;
    }
    await this.#record(event, { action: 'keyRevoked', kid: key.kid });
    const revoked = { ...key, revokedAt: at };
    const keys = device.keys.map((item) => (item === key ? revoked : item));
    await this.#options.registry.put({ ...device, keys });
    this.#revokedAgain(`The key ${key.kid} of ${deviceId} is`);
  }

  async #addKey(device: Device, event: Event): Promise<void> {
    const { at, header } = event;
    const { kid, alg, publicKey } = header;
    if (typeof kid !== 'string' || alg === undefined || publicKey === undefined) return;
    const known = device.keys.find((key) => key.kid === kid);
    // Its own record, or a later one, says more than the entry.
    if (known !== undefined && (known.revokedAt === null || known.revokedAt >= at)) return;
    if (device.addedAt > at) return;
    const key = await readableKey(publicKey);
    if (key?.kid !== kid) return;
    await this.#record(event, { action: 'keyAdded', kid, alg, publicKey });
    const others = device.keys.filter((other) => other.kid !== kid);
    const keys = [...others, { ...key, addedAt: at, revokedAt: null }];
    await this.#options.registry.put({ ...device, keys });
  }

  #record({ deviceId, from }: Event, members: Record<string, Json>): Promise<Answer> {
    return this.#options.ledger.append({
      ...{ type: 'append', kind: 'device', deviceId },
      members: { ...members, restoredFrom: from },
    });
  }

  #revokedAgain(subject: string): void {
    const message = `${subject} revoked again: this gateway had lost the revocation in a roll-back.`;
    this.#options.alarms.raise('DEVICES_ROLLED_BACK', message);
  }

  #enrolledSince(deviceId: string, subject: string): void {
    this.#options.alarms.raise(
      'DEVICES_ROLLED_BACK',
      `${subject} revoked in entries that this gateway had lost, and enrolled again since. If that ` +
        `was not meant: tillgate device revoke ${deviceId}`,
    );
  }
}

/** Undefined for a key of a kind that this release does not know. */
async function readableKey(publicKey: Json): Promise<DeviceKey | undefined> {
  try {
    return (await parseDeviceKey(JSON.stringify(publicKey))).key;
  } catch (error) {
    if (isTillgateError(error, 'DEVICE_KEY_INVALID')) return undefined;
    throw error;
  }
}

function deviceEventIn(
  leaf: Uint8Array,
  from: { origin: string; index: number },
): Event | undefined {
  // Nearly all entries are sales; the mark spares them the parse.
  if (!Buffer.from(leaf.buffer, leaf.byteOffset, leaf.byteLength).includes(MARK)) return undefined;
  try {
    const { header } = decodeEntry(leaf);
    const members = header as unknown as JsonObject;
    const { deviceId, action } = members;
    if (header.kind !== 'device' || typeof deviceId !== 'string') return undefined;
    if (typeof action !== 'string') return undefined;
    return { deviceId, action, at: header.recordedAt, header: members, from };
  } catch (error) {
    if (isTillgateError(error, 'LOG_ENTRY_INVALID')) return undefined;
    throw error;
  }
}
