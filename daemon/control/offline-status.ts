/** The status of a gateway whose daemon is down, read from its files without touching them. */
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { GatewayPaths } from '../../config/paths.ts';
import { readAlarms } from '../../platform/alarms.ts';
import type { Alarm } from '../../platform/alarms.ts';
import { PRODUCT_VERSION } from '../../platform/product-version.ts';
import { readFileIfPresent } from '../../platform/durable/atomic-file.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { EMPTY_ROOT } from '../../protocol/log/merkle.ts';
import { entriesOnlyHere } from '../anchors/entries-only-here.ts';
import { CarryList } from '../epochs/carry-list.ts';
import { NO_FEEDS } from '../feeds/feed-status.ts';
import { NO_STOCK } from '../stock/stock-status.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { readStoredHead } from '../signing/stored-head.ts';
import { DeviceRegistry } from './device-registry.ts';
import { firstOrigin } from './gateway-identity.ts';
import { headStatus, rightsStatus } from './gateway-status.ts';
import type { GatewayStatus, HeadStatus, RightsStatus } from './gateway-status.ts';

export async function offlineStatus(
  paths: GatewayPaths,
  config: GatewayConfig,
): Promise<GatewayStatus> {
  const { origin, head, hqSize, ...own } = logHead(paths, firstOrigin(config));
  const registry = await DeviceRegistry.open(paths.registryFile);
  const [missing] = new CarryList(paths.dataDir).awaited;
  const enrolled = readFileIfPresent(paths.enrolmentFile) !== undefined;
  return {
    version: PRODUCT_VERSION,
    ...{ running: false, origin },
    mqtt: { host: config.mqtt.host, port: config.mqtt.port },
    http: { ...config.http },
    log: head,
    uplink: {
      ...{ state: 'off', entriesPerSecond: 0, remainingSeconds: null },
      head: hqSize === 0 ? null : { size: hqSize, timeSeconds: 0 },
      refused: {},
      problem: enrolled ? 'the daemon is not running' : 'not enrolled at headquarters',
    },
    entriesOnlyHere: own.onlyHere,
    recovery:
      missing === undefined ? null : { origin: missing, state: 'waiting', fetched: 0, total: null },
    ...{ grantsFrozen: missing !== undefined, rights: own.rights },
    devices: {
      enrolled: registry.all().filter(({ revokedAt }) => revokedAt === null).length,
      connections: 0,
    },
    ledger: null,
    ...{ feeds: NO_FEEDS, stock: NO_STOCK, steering: null },
    conflicts: { entries: own.conflicts, published: 0 },
    alarms: alarmsOf(paths.alarmsFile),
    peripherals: [],
    startedAt: null,
    process: null,
  };
}

interface FoundLog {
  origin: string;
  head: HeadStatus;
  /** What HQ is known to hold of it. */
  hqSize: number;
  onlyHere: number;
  rights: RightsStatus;
  conflicts: number;
}

function logHead(paths: GatewayPaths, fallback: string): FoundLog {
  try {
    const reader = openLedgerReader(paths.dataDir);
    try {
      const { origin, epoch, anchors } = reader;
      const size = reader.size();
      const stored = readStoredHead(paths.hqHeadFile);
      const hqSize = stored?.origin === origin ? Math.min(stored.size, size) : 0;
      const onlyHere = entriesOnlyHere(anchors, { epoch, size }, hqSize);
      const rights = rightsStatus(reader.rights);
      const conflicts = reader.conflicts.count();
      return { origin, head: headStatus(size, reader.node), hqSize, onlyHere, rights, conflicts };
    } finally {
      reader.close();
    }
  } catch (error) {
    if (!isTillgateError(error, 'LEDGER_MISSING')) throw error;
    const head = { size: 0, root: encodeBase64(EMPTY_ROOT) };
    const rights = { pools: 0, frozen: null, requested: [] };
    return { origin: fallback, head, hqSize: 0, onlyHere: 0, rights, conflicts: 0 };
  }
}

/** The daemon says at its next start that the file is spoilt, and begins it anew. */
function alarmsOf(path: string): Alarm[] {
  try {
    return [...readAlarms(path)];
  } catch (error) {
    if (error instanceof SyntaxError || isTillgateError(error, 'REGISTRY_UNREADABLE')) return [];
    throw error;
  }
}
