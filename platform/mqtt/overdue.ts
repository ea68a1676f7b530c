/** When a client has let too much time pass, and what it is late with. */
import type { CloseReason, Deadlines } from './connection-contract.ts';

export interface Waits {
  sinceOpenedMs: number;
  sincePacketMs: number;
  /** How long the packet at hand has been incomplete; 0 between packets. */
  insidePacketMs: number;
  /** Undefined until CONNECT was read; 0 for none. */
  keepAliveSeconds: number | undefined;
  isAdmitted: boolean;
  /** False while the connection is not read from. */
  isHeard: boolean;
}

/** MQTT 3.1.1 section 3.1.2.10: one and a half times the keep-alive. */
const KEEP_ALIVE_GRACE = 1.5;
const MS_PER_SECOND = 1000;

/** Why the connection ends now; undefined while the client is in time. */
export function overdueReason(deadlines: Deadlines, waits: Waits): CloseReason | undefined {
  if (waits.keepAliveSeconds === undefined) {
    return waits.sinceOpenedMs > deadlines.connectMsMax ? 'connect-timeout' : undefined;
  }
  if (!waits.isAdmitted) {
    return waits.sincePacketMs > deadlines.admissionMsMax ? 'admission-timeout' : undefined;
  }
  // A client that we do not listen to cannot be late.
  if (!waits.isHeard) return undefined;
  const keepAliveMs = waits.keepAliveSeconds * MS_PER_SECOND * KEEP_ALIVE_GRACE;
  if (keepAliveMs > 0 && waits.sincePacketMs > keepAliveMs) return 'keep-alive';
  return waits.insidePacketMs > deadlines.packetMsMax ? 'half-packet' : undefined;
}
