/** Whether devices can connect, do what they are for, and sign where they should. */
import type { Device } from '../control/device-registry.ts';
import { ok, warning, type CheckFinding } from './check-finding.ts';

export interface DevicesReading {
  /** Undefined where the list cannot be read. */
  devices: readonly Pick<Device, 'deviceId' | 'role' | 'revokedAt' | 'keys'>[] | undefined;
  /** Undefined while the configuration cannot be used. */
  roles: ReadonlySet<string> | undefined;
  requireSignature: boolean;
  /** Null while the gateway is down. */
  connections: number | null;
}

export function checkDevices(read: DevicesReading): CheckFinding[] {
  const { roles, requireSignature, connections } = read;
  if (read.devices === undefined) return [ok('devices', 'known once their list can be read')];
  const devices = read.devices.filter(({ revokedAt }) => revokedAt === null);
  if (devices.length === 0) return [warning('devices', 'DEVICES_NONE', 'No device is enrolled.')];
  const findings: CheckFinding[] = [];
  for (const { deviceId, role, keys } of devices) {
    if (roles?.has(role) === false) {
      const message = `${deviceId} has the role ${role}, which nobody defines: it may do nothing.`;
      findings.push(warning('devices', 'ROLE_UNKNOWN', message));
    }
    if (keys.length > 0 && keys.every((key) => key.revokedAt !== null)) {
      const message = `All keys of ${deviceId} are revoked: what it submits need not be signed.`;
      findings.push(warning('devices', 'DEVICE_UNSIGNED', message));
    }
  }
  const signing = devices.filter(({ keys }) => keys.some((key) => key.revokedAt === null)).length;
  if (!requireSignature && signing > 0) {
    const message = `${signing} devices have keys, and intake.requireSignature is false: they need not sign.`;
    const hint = '`tillgate config set intake.requireSignature true`';
    findings.push(warning('devices', 'DEVICE_UNSIGNED', { message, hint }));
  }
  if (findings.length > 0) return findings;
  const connected = connections === null ? '' : `, ${connections} connections`;
  const message = `${devices.length} enrolled, ${signing} of them sign${connected}`;
  return [ok('devices', message, { enrolled: devices.length, signing, connections })];
}
