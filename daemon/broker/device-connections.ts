/** The open connections of each device, and how many it may have. */
import type { GuardedConnection } from '../../platform/mqtt/guarded-connection.ts';

/** More than a till with its displays and spare windows ever opens; less than the house holds. */
const CONNECTIONS_PER_DEVICE_MAX = 256;

export class DeviceConnections {
  readonly #connections = new Map<string, Set<GuardedConnection>>();

  hasRoomFor(deviceId: string): boolean {
    return (this.#connections.get(deviceId)?.size ?? 0) < CONNECTIONS_PER_DEVICE_MAX;
  }

  add(deviceId: string, connection: GuardedConnection): void {
    const siblings = this.#connections.get(deviceId) ?? new Set();
    siblings.add(connection);
    this.#connections.set(deviceId, siblings);
  }

  remove(deviceId: string, connection: GuardedConnection): void {
    const siblings = this.#connections.get(deviceId);
    siblings?.delete(connection);
    if (siblings?.size === 0) this.#connections.delete(deviceId);
  }

  /** Closes them all at once; for a device that was revoked. */
  closeAll(deviceId: string): void {
    for (const connection of this.#connections.get(deviceId) ?? []) connection.close('revoked');
  }
}
