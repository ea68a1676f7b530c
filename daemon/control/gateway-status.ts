/**
 * What `tillgate status --json` and the retained topic gateway/status say. Members are only ever
 * added.
 */
import type { Alarm } from '../../platform/alarms.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { poolKind } from '../../protocol/rights/pool.ts';
import type { PoolKind } from '../../protocol/rights/pool.ts';
import { rootAt } from '../../protocol/log/merkle.ts';
import type { NodeReader } from '../../protocol/log/merkle.ts';
import type { RecoveryStatus } from '../epochs/recovery.ts';
import type { FeedsStatus } from '../feeds/feed-status.ts';
import type { RightsReads } from '../ledger/ledger-port.ts';
import type { PeripheralState } from '../peripherals/peripheral-news.ts';
import type { StockStatus } from '../stock/stock-status.ts';
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
  /** What this gateway may spend for members, accounts and coupons (docs/rights.md). */
  rights: RightsStatus;
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
  /** Stock on hand: how many items, and how far the log is added up. */
  stock: StockStatus;
  /** Entries of its own about conflicts, and what headquarters published of others. */
  conflicts: { entries: number; published: number };
  /** What headquarters and technicians want of the gateway; null while the daemon is down. */
  steering: SteeringStatus | null;
  alarms: Alarm[];
  peripherals: PeripheralState[];
  startedAt: string | null;
  process: number | null;
}

export interface RightsStatus {
  /** Members, accounts, coupons and items of which there are or were rights; 1,000 is many. */
  pools: number;
  /** Why nothing may be spent; null is the rule. */
  frozen: string | null;
  /**
   * What headquarters was asked for lately and has not given, the newest first. Whose it is stands in
   * the log alone: displays may read the status.
   */
  requested: { kind: PoolKind; amount: number; at: string }[];
}

/** Counting on would cost more than the number is worth. */
const POOLS_SHOWN_MAX = 1_000;
const REQUESTS_SHOWN_MAX = 16;

export function rightsStatus(rights: RightsReads): RightsStatus {
  return {
    pools: rights.poolCount(POOLS_SHOWN_MAX),
    frozen: rights.state().frozen,
    requested: rights.requests(REQUESTS_SHOWN_MAX).map(({ pool, amount, atMs }) => ({
      ...{ kind: poolKind(pool), amount, at: new Date(atMs).toISOString() },
    })),
  };
}

/** The root of the first `size` entries. */
export function headStatus(size: number, node: NodeReader): HeadStatus {
  return { size, root: encodeBase64(rootAt(size, node)) };
}
