/** What the ledger remembers of a device, as it starts. */
import type { DeviceState } from './ledger-port.ts';

/** The UTC day of an RFC 3339 time in UTC. */
export function dayOf(recordedAt: string): string {
  return recordedAt.slice(0, 10);
}

export function newDeviceState(recordedAt: string): DeviceState {
  return {
    sequenceNumber: null,
    rejectionDay: dayOf(recordedAt),
    rejectedEntries: 0,
    rejectedBytes: 0,
    rejectedUncounted: 0,
    summary: null,
  };
}
