/** The status of the running gateway, put together from its parts at the moment of asking. */
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { AlarmBook } from '../../platform/alarms.ts';
import { PRODUCT_VERSION } from '../../platform/product-version.ts';
import { entriesOnlyHere } from '../anchors/entries-only-here.ts';
import type { StoreBroker } from '../broker/store-broker.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import type { LedgerReader } from '../ledger/reader.ts';
import type { SalesForecast } from '../ledger/sales-forecast.ts';
import type { Recovery } from '../epochs/recovery.ts';
import type { FeedsStatus } from '../feeds/feed-status.ts';
import type { StockStatus } from '../stock/stock-status.ts';
import type { Peripherals } from '../peripherals/start-peripherals.ts';
import type { Steering } from '../steering/start-steering.ts';
import type { UplinkStatus } from '../uplink/uplink-status.ts';
import type { DeviceRegistry } from './device-registry.ts';
import { headStatus, rightsStatus } from './gateway-status.ts';
import type { Address, GatewayStatus } from './gateway-status.ts';

export interface LiveParts {
  config: GatewayConfig;
  ledger: Pick<LedgerClient, 'tip' | 'status'>;
  /** A reader of any epoch of the same ledger. */
  reader: LedgerReader;
  broker: Pick<StoreBroker, 'addresses' | 'connectionCount'>;
  uplink: { readonly status: UplinkStatus };
  registry: DeviceRegistry;
  feeds: { readonly status: FeedsStatus };
  stock: { readonly status: StockStatus };
  recovery: Pick<Recovery, 'status'>;
  steering: Pick<Steering, 'status'>;
  http: Address;
  forecast: Pick<SalesForecast, 'daysOfSales'>;
  alarms: Pick<AlarmBook, 'list'>;
  peripherals: Pick<Peripherals, 'states'>;
  startedAt: string;
}

export function liveStatus(parts: LiveParts): GatewayStatus {
  const { tip } = parts.ledger;
  const log = headStatus(tip.size, parts.reader.ofEpoch(tip.epoch).node);
  const uplink = parts.uplink.status;
  const { state, head, entriesPerSecond, remainingSeconds, refused, problem } = uplink;
  // The uplink hears of commits and of a new epoch a moment later than this thread.
  const held = uplink.origin === tip.origin ? (head?.size ?? 0) : 0;
  const { waitingItems, walBytes, freeBytes, diskFull } = parts.ledger.status();
  const daysOfSales = parts.forecast.daysOfSales();
  return {
    version: PRODUCT_VERSION,
    running: true,
    origin: tip.origin,
    mqtt: mqttAddresses(parts),
    http: parts.http,
    log,
    uplink: { state, head, entriesPerSecond, remainingSeconds, refused, problem },
    entriesOnlyHere: entriesOnlyHere(parts.reader.anchors, tip, held),
    ...rightsOf(parts),
    devices: {
      enrolled: parts.registry.all().filter(({ revokedAt }) => revokedAt === null).length,
      connections: parts.broker.connectionCount,
    },
    ledger: { waitingItems, walBytes, freeBytes, daysOfSales, diskFull },
    feeds: parts.feeds.status,
    stock: parts.stock.status,
    conflicts: {
      entries: parts.reader.conflicts.count(),
      published: parts.feeds.status.feeds.reduce(
        (sum, { documents }) => sum + (documents['conflict'] ?? 0),
        0,
      ),
    },
    steering: parts.steering.status,
    alarms: [...parts.alarms.list()],
    peripherals: [...parts.peripherals.states()],
    startedAt: parts.startedAt,
    process: process.pid,
  };
}

function rightsOf({
  recovery: { status: recovery },
  reader: { rights },
}: LiveParts): Pick<GatewayStatus, 'recovery' | 'grantsFrozen' | 'rights'> {
  // A gateway that never had a right has none that could be frozen.
  const isFrozen = rights.state().frozen !== null && !rights.isEmpty();
  const grantsFrozen = recovery !== null || isFrozen;
  return { recovery, grantsFrozen, rights: rightsStatus(rights) };
}

function mqttAddresses({ broker, config }: LiveParts): GatewayStatus['mqtt'] {
  const { tcp, tls, webSocket } = broker.addresses;
  const { host, port } = tcp ?? config.mqtt;
  return {
    host,
    port,
    ...(tls === undefined ? {} : { tls }),
    ...(webSocket === undefined ? {} : { webSocket }),
  };
}
