/**
 * What `tillgate status --json` and the retained topic gateway/status say. Members are only ever
 * added.
 */
import type { Alarm } from '../../platform/alarms.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { rootAt } from '../../protocol/log/merkle.ts';
import type { NodeReader } from '../../protocol/log/merkle.ts';
import type { RecoveryStatus } from '../epochs/recovery.ts';
import type { FeedsStatus } from '../feeds/feed-status.ts';
import type { PeripheralState } from '../peripherals/peripheral-news.ts';
import type { SteeringStatus } from '../steering/start-steering.ts';
import type { UplinkStatus } from '../uplink/uplink-status.ts';

export interface Address {
  host: string;
  port: number;
}

export interface HeadStatus {
  /** Entries. */
  size: number;
  /** Base64. */
  root: string;
}

export interface GatewayStatus {
  version: string;
  /** False when the daemon is down and this was read from its files. */
  running: boolean;
  origin: string;
  mqtt: Address & { webSocket?: Address; tls?: Address };
  http: Address;
  log: HeadStatus;
  uplink: Omit<UplinkStatus, 'origin' | 'entriesOnlyHere'>;
  /** Entries that exist only on this machine's disk, anchors aside. */
  entriesOnlyHere: number;
  /** Entries of an earlier log that are on their way back from HQ; null when none are missing. */
  recovery: RecoveryStatus | null;
  /** While a log is being brought back nothing may be spent from grants: some may be spent already. */
  grantsFrozen: boolean;
  devices: { enrolled: number; connections: number };
  ledger: {
    waitingItems: number;
    walBytes: number;
    freeBytes: number;
    /** Whole days, at the pace of the last seven; null before the first sale. */
    daysOfSales: number | null;
    diskFull: boolean;
  } | null;
  /** What the store knows from headquarters: the heads in force, and what could not be read. */
  feeds: FeedsStatus;
  /** What headquarters and technicians want of the gateway; null while the daemon is down. */
  steering: SteeringStatus | null;
  alarms: Alarm[];
  peripherals: PeripheralState[];
  startedAt: string | null;
  process: number | null;
}

/** The root of the first `size` entries. */
export function headStatus(size: number, node: NodeReader): HeadStatus {
  return { size, root: encodeBase64(rootAt(size, node)) };
}
