/** What looks at the gateway and speaks to people: status, control socket, health, metrics, systemd. */
import type { GatewayConfig } from '../config/gateway-schema.ts';
import type { Alarm } from '../platform/alarms.ts';
import { GATEWAY_STATUS_TOPIC } from '../protocol/topics.ts';
import { startHttpServer } from '../platform/http/http-server.ts';
import { systemSchedule } from '../platform/schedule.ts';
import { ServiceManager } from '../platform/service-manager.ts';
import { entriesOnlyHere } from './anchors/entries-only-here.ts';
import { startControlServer } from './control/control-server.ts';
import { verifierKeyOf } from './control/gateway-identity.ts';
import type { GatewayStatus } from './control/gateway-status.ts';
import { gatewayVerbs } from './control/gateway-verbs.ts';
import { liveStatus } from './control/live-status.ts';
import { PeripheralTrial } from './control/peripheral-trial.ts';
import type { Doors } from './doors.ts';
import type { Recovery } from './epochs/recovery.ts';
import type { LogKeeping, SharedParts } from './log-keeping.ts';
import { SalesForecast } from './ledger/sales-forecast.ts';
import type { Peripherals } from './peripherals/start-peripherals.ts';
import type { PricesKeeping } from './prices/prices-keeping.ts';
import type { StockStatus } from './stock/stock-status.ts';
import { GatewayMetrics } from './observability/gateway-metrics.ts';
import type { GaugeReadings } from './observability/gateway-metrics.ts';
import { addPeripheralMetrics } from './observability/peripheral-metrics.ts';
import { HealthMonitor } from './observability/health-monitor.ts';
import { MemoryWatch, memoryLimitBytes } from './observability/memory-watch.ts';
import { watchSpace } from './observability/space-watch.ts';
import { StatusPublisher } from './observability/status-publisher.ts';
import type { Steering } from './steering/start-steering.ts';

/** A disk fills over hours; people are told within one of these. */
const WATCH_INTERVAL_MS = 30_000;
/** A flood makes a hundred MiB of garbage in this time. */
const MEMORY_INTERVAL_MS = 1_000;

export interface OversightOptions extends SharedParts, LogKeeping, Doors, PricesKeeping {
  recovery: Recovery;
  peripherals: Peripherals;
  stock: { readonly status: StockStatus };
  config: () => GatewayConfig;
  steering: Steering;
  environment: Readonly<Record<string, string | undefined>>;
}

/** Resolves when the gateway answers everywhere and systemd was told so; gives its status. */
export async function startOversight(options: OversightOptions): Promise<() => GatewayStatus> {
  const { log, teardown, broker } = options;
  const startedAt = new Date(options.clock.wallMs()).toISOString();
  const metrics = startMetrics(options);
  const health = startHealth(options);
  const forecast = startWatch(options);
  const http = await startHttpServer({
    ...options.config().http,
    log,
    routes: {
      '/healthz': () => health.answer(),
      '/metrics': async () => {
        const body = await metrics.registry.metrics();
        return { status: 200, contentType: metrics.registry.contentType, body };
      },
    },
  });
  teardown.add('http', () => http.close());

  const parts = { ...options, forecast, http: http.address, startedAt };
  const read = (): GatewayStatus => liveStatus({ ...parts, config: options.config() });
  const publisher = new StatusPublisher({
    ...{ read, onFailure: options.failed },
    publish: (payload) =>
      broker.publish({ topic: GATEWAY_STATUS_TOPIC, payload, isRetained: true }),
  });
  teardown.add('status', () => publisher.close());
  await startControl(options, read);

  const serviceManager = new ServiceManager({
    environment: options.environment,
    isAlive: () => health.isAlive(),
    onTrouble: (what, error) => log.warn({ err: error }, what),
  });
  teardown.add('systemd', () => serviceManager.stopping());
  const { mqtt, origin } = read();
  log.info({ origin, mqtt, http: http.address, entries: options.ledger.tip.size }, 'ready');
  await serviceManager.ready(`${origin}, devices connect to ${mqtt.host}:${mqtt.port}`);
  return read;
}

function startMetrics(options: OversightOptions): GatewayMetrics {
  const { ledger, intake, observers } = options;
  const metrics = new GatewayMetrics(() => readings(options));
  addPeripheralMetrics(metrics.registry, options.peripherals);
  observers.push((item, outcome) => {
    metrics.submission(outcome, (intake.nowMs() - item.takenAtMs) / 1_000);
  });
  let { size } = ledger.tip;
  ledger.onCommit((tip) => {
    metrics.committed(Math.max(0, tip.size - size));
    size = tip.size;
  });
  return metrics;
}

function startHealth({ log, teardown, ledger, intake, uplink }: OversightOptions): HealthMonitor {
  let commits = 0;
  ledger.onCommit(() => {
    commits += 1;
  });
  const health = new HealthMonitor({
    log,
    read: () => {
      const { waitingItems, inFlightItems } = intake.status;
      const { diskFull, freeBytes: diskFreeBytes } = ledger.status();
      const pendingItems = waitingItems + inFlightItems;
      return { pendingItems, commits, diskFull, diskFreeBytes, uplinkState: uplink.status.state };
    },
  });
  teardown.add('health', () => health.close());
  return health;
}

/** Alarms that come and go by themselves; what could not be written of others is tried again. */
function startWatch(options: OversightOptions): SalesForecast {
  const { paths, clock, teardown, ledger, reader, alarms } = options;
  const forecast = new SalesForecast({ dataDir: paths.dataDir, reader, clock });
  const look = (): void => {
    const { diskFull } = ledger.status();
    watchSpace({ daysOfSales: forecast.daysOfSales(), diskFull }, alarms);
    alarms.flush();
  };
  look();
  const timer = setInterval(look, WATCH_INTERVAL_MS);
  timer.unref();
  const memory = new MemoryWatch(memoryLimitBytes());
  const memoryTimer = setInterval(() => memory.look(), MEMORY_INTERVAL_MS);
  memoryTimer.unref();
  teardown.add('watch', () => [timer, memoryTimer].forEach(clearInterval));
  return forecast;
}

async function startControl(options: OversightOptions, read: () => GatewayStatus): Promise<void> {
  const { paths, log, teardown, ledger, uplink, privateKey, broker, peripherals } = options;
  const { keeper, started } = options.steering;
  const verbs = gatewayVerbs({
    ...options,
    status: read,
    list: () => options.list,
    reading: (look) => look(options.reader),
    peripherals: { registry: peripherals.registry, live: peripherals },
    configuration: {
      keeper: () => keeper,
      follow: () => options.steering.look(),
      running: () => ({ running: options.config(), started }),
    },
    prices: { prices: () => options.prices, announce: options.announcePrices },
    trial: new PeripheralTrial({ peripherals, schedule: systemSchedule }),
    identity: () => {
      const { origin } = ledger.tip;
      return { origin, verifierKey: verifierKeyOf(origin, privateKey) };
    },
    signHead: async () => {
      const note = await uplink.signTip();
      // The second line of a checkpoint is its size.
      return { origin: ledger.tip.origin, size: Number(note.split('\n')[1]), note };
    },
    onRevoked: (deviceId) => broker.disconnectDevice(deviceId),
    onEnrolled: (enrolment) => {
      if (!options.config().uplink.enabled) return;
      options.feeds.start();
      uplink.enrol(enrolment);
    },
  });
  const control = await startControlServer({ path: paths.controlSocket, verbs, log });
  teardown.add('control', () => control.close());
}

function readings({ ledger, reader, intake, broker, ...rest }: OversightOptions): GaugeReadings {
  const { waitingItems, waitingBytes, inFlightItems } = intake.status;
  const { walBytes, freeBytes } = ledger.status();
  const { uplink, alarms } = rest;
  const { state, head, refused } = uplink.status;
  const uplinkHead = head?.size ?? 0;
  return {
    ...{ waitingItems, waitingBytes, inFlightItems, walBytes, diskFreeBytes: freeBytes },
    logEntries: ledger.tip.size,
    uplinkHead,
    entriesOnlyHere: entriesOnlyHere(reader.anchors, ledger.tip, uplinkHead),
    uplinkConnected: state !== 'off' && state !== 'connecting',
    connections: broker.connectionCount,
    queued: broker.queued,
    brokerRefusals: broker.refusals,
    uplinkRefusals: refused,
    conflicts: reader.conflicts.count(),
    alarms: countByCode(alarms.list()),
  };
}

function countByCode(alarms: readonly Alarm[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { code } of alarms) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}
