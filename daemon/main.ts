/**
 * The running gateway: only wiring. Parts start in this order and end in the opposite one, so that
 * an orderly stop closes the doors first, answers what was taken in, signs the newest head and gives
 * the home back. A part that fails for good ends the process with its error; systemd starts it
 * again, and nothing acknowledged is lost by that.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { GATEWAY_CONFIG } from '../config/gateway-schema.ts';
import type { GatewayConfig } from '../config/gateway-schema.ts';
import { loadConfig } from '../config/loader.ts';
import { gatewayPaths } from '../config/paths.ts';
import { acquireHomeLock } from '../platform/durable/home-lock.ts';
import { readEd25519KeyFile } from '../platform/keys/ed25519-key-file.ts';
import { createLog } from '../platform/logging.ts';
import { LogTail } from '../platform/log-tail.ts';
import { ProcessLife } from '../platform/process-life.ts';
import { Teardown } from '../platform/teardown.ts';
import type { Clock } from '../protocol/clock.ts';
import { startConflicts } from './conflicts/conflicts-keeping.ts';
import { startDoors } from './doors.ts';
import { startQueries } from './queries/queries-keeping.ts';
import { startLogKeeping } from './log-keeping.ts';
import { startRecovery } from './recovery-keeping.ts';
import { startRights } from './rights/rights-keeping.ts';
import { startOversight } from './oversight.ts';
import { startPrices } from './prices/prices-keeping.ts';
import { startReservations } from './reservations/reservations-keeping.ts';
import { startStock } from './stock/stock-keeping.ts';
import { startPeripherals } from './peripherals/start-peripherals.ts';
import type { PeripheralsOptions } from './peripherals/start-peripherals.ts';
import { startCommands } from './steering/start-commands.ts';
import { startSteering } from './steering/start-steering.ts';

export interface GatewayRunOptions {
  /** As given with --home. */
  home: string | undefined;
  clock: Clock;
  /** Aborts when the gateway has to stop. */
  signal: AbortSignal;
  /** Readable log lines, for a terminal. */
  pretty: boolean;
  /** Tests bring drivers of their own. */
  peripheralTools?: PeripheralsOptions['loadTools'];
  /** Where systemd says how it wants to be told. */
  environment: Readonly<Record<string, string | undefined>>;
}

/** Runs until `signal` aborts. Rejects with what kept it from starting or from going on. */
export async function runGateway(options: GatewayRunOptions): Promise<void> {
  const paths = gatewayPaths(options.home);
  let config = loadConfig(GATEWAY_CONFIG, paths.configFile);
  const tail = new LogTail();
  const { level } = config.log;
  const log = createLog({ level, name: 'gateway', pretty: options.pretty, onLine: tail.take });
  const privateKey = readEd25519KeyFile(paths.logKeyFile);
  const life = new ProcessLife(options.signal);
  const teardown = new Teardown(log);
  const shared = { paths, clock: options.clock, log, teardown, privateKey, failed: life.failed };
  try {
    const lock = acquireHomeLock(paths.lockFile);
    teardown.add('lock', () => lock.release());
    const logKeeping = await startLogKeeping({ ...shared, config });
    const doors = await startDoors({ ...shared, ...logKeeping, config: () => config });
    const parts = { ...shared, ...logKeeping, ...doors, config: () => config };
    const stock = startStock(parts);
    const prices = startPrices({ ...parts, ...startQueries({ ...parts, ...stock }) });
    startReservations({ ...parts, ...stock });
    startConflicts(parts);
    const peripherals = await startPeripherals({ ...parts, loadTools: options.peripheralTools });
    const recovery = startRecovery(parts);
    startRights(parts);
    const onConfig = (changed: GatewayConfig): void => {
      config = changed;
      log.level = changed.log.level;
      doors.judges.setRequireSignature(changed.intake.requireSignature);
    };
    const steering = await startSteering({ ...parts, recovery, onConfig });
    const watched = { ...parts, ...prices, recovery, peripherals, steering, stock: stock.stock };
    const status = await startOversight({ ...watched, environment: options.environment });
    startCommands({ ...watched, status, tail });
  } catch (error) {
    await teardown.run();
    throw error;
  }
  await untilEnd(life, log);
  await teardown.run();
  log.info('stopped');
}

/** A store network carries a few answers in less; nothing is accepted meanwhile. */
const FAREWELL_MS = 250;

async function untilEnd(life: ProcessLife, log: ReturnType<typeof createLog>): Promise<void> {
  try {
    await life.untilEnd();
    log.info('stopping');
  } catch (error) {
    // What failed cannot be closed in order; the process ends as if it had been killed, but for
    // the answers to what the ledger could not take: they are on their way to the tills.
    log.fatal({ err: error }, 'a part failed for good');
    await delay(FAREWELL_MS);
    throw error;
  }
}
