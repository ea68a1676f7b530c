/**
 * All peripherals of the gateway at work. Each stands for itself: one that cannot start (an unknown
 * driver, options of another release) is shown with what is wrong, and the others go on. Drivers are
 * loaded when the first peripheral is there.
 */
import type { DriverDefinition, SerialLine } from '../../drivers/driver.ts';
import type { DeviceIdentity, PeripheralEvent } from '../../drivers/session-machine.ts';
import type { Log } from '../../platform/logging.ts';
import type { Schedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import type { LedgerClient } from '../ledger/ledger-client.ts';
import type { Hardware } from './device-finder.ts';
import { DrawerLog } from './drawer-log.ts';
import type { JobBook, SettledJob } from './job-book.ts';
import type { QueuedJob } from './job-queue.ts';
import type { PeripheralEntry } from './peripheral-entry.ts';
import type { PeripheralNews } from './peripheral-news.ts';
import type { PeripheralRegistry } from './peripheral-registry.ts';
import { PrinterPorts } from './printer-ports.ts';
import { Station } from './station.ts';
import type { SupervisorStatus } from './supervisor-contract.ts';

export interface FleetOptions {
  readonly registry: PeripheralRegistry;
  readonly book: JobBook;
  readonly news: PeripheralNews;
  readonly ledger: Pick<LedgerClient, 'append'>;
  readonly hardware: Hardware;
  /** Throws `DRIVER_UNKNOWN`. */
  readonly driverNamed: (id: string) => DriverDefinition;
  readonly clock: Clock;
  readonly schedule: Schedule;
  readonly random: () => number;
  readonly log: Log;
  readonly onSettled: (job: QueuedJob, settled: SettledJob) => void;
  /** Something happened at a peripheral: for `peripheral test`. */
  readonly onEvent: (peripheralId: string, event: Readonly<Record<string, Json>>) => void;
}

/** A receipt that is being printed at an orderly stop has this long to end. */
const CLOSE_GRACE_MS = 4_000;

export class PeripheralFleet {
  readonly #options: FleetOptions;
  readonly #stations = new Map<string, Station>();
  readonly #broken = new Map<string, TillgateError>();
  readonly #ports: PrinterPorts;
  readonly #drawers: DrawerLog;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#ports = new PrinterPorts((id) => this.#stations.get(id)?.session);
    this.#drawers = new DrawerLog({
      ...options,
      onTrouble: (error) => options.log.warn({ err: error }, 'the log did not hear of a drawer'),
    });
  }

  /** Throws what is wrong with one that cannot work; undefined for one that is not there. */
  workplace(peripheralId: string): Station | undefined {
    const broken = this.#broken.get(peripheralId);
    if (broken !== undefined) throw broken;
    return this.#stations.get(peripheralId);
  }

  get counters(): { reconnects: number; discardedBytes: number; waitingJobs: number } {
    const sums = { reconnects: 0, discardedBytes: 0, waitingJobs: 0 };
    for (const { supervisor, queue } of this.#stations.values()) {
      sums.reconnects += supervisor.counters.reconnects;
      sums.discardedBytes += supervisor.counters.discardedBytes;
      sums.waitingJobs += queue.length;
    }
    return sums;
  }

  start(entry: PeripheralEntry): void {
    const { peripheralId } = entry;
    try {
      const driver = this.#options.driverNamed(entry.driver);
      const station = this.#station(entry, driver);
      this.#stations.set(peripheralId, station);
      this.#say(station, { state: 'absent', reasons: ['PERIPHERAL_ABSENT'] });
      station.supervisor.start();
    } catch (error) {
      if (!(error instanceof TillgateError)) throw error;
      this.#broken.set(peripheralId, error);
      const facts = { peripheralId, category: null, driver: entry.driver, identity: undefined };
      const status = { state: 'absent', reasons: [error.code], trouble: error } as const;
      this.#options.news.state(facts, status);
      this.#options.log.error({ err: error, peripheralId }, 'a peripheral cannot be started');
    }
  }

  /** Ends one that was removed; what was under way there is settled. */
  async end(peripheralId: string): Promise<void> {
    const station = this.#stations.get(peripheralId);
    this.#stations.delete(peripheralId);
    this.#broken.delete(peripheralId);
    await station?.close(Promise.resolve());
    this.#options.news.removed(peripheralId);
  }

  async close(): Promise<void> {
    const grace = new Promise<void>((resolve) => {
      this.#options.schedule(resolve, CLOSE_GRACE_MS);
    });
    await Promise.all([...this.#stations.values()].map((station) => station.close(grace)));
  }

  #station(entry: PeripheralEntry, driver: DriverDefinition): Station {
    const { peripheralId } = entry;
    const { hardware, book, clock, schedule, random, log, news } = this.#options;
    const own = (): Station | undefined => this.#stations.get(peripheralId);
    const station: Station = new Station({
      ...{ entry, driver, book, clock, schedule, random },
      discover: hardware.discover,
      open: async (address, options) =>
        PrinterPorts.isOne(address)
          ? this.#ports.open(address)
          : hardware.open(address, { ...options, ...lineOf(station) }),
      isTaken: (address) => this.#isTaken(address, peripheralId),
      onStatus: (status) => {
        if (own() !== station) return;
        log.info({ peripheralId, state: status.state, reasons: status.reasons }, 'peripheral');
        this.#say(station, status);
      },
      onGone: () => this.#ports.ended(peripheralId),
      onPort: (bytes) => this.#ports.report(peripheralId, bytes),
      onLearnt: (facts) => this.#learnt(station, facts),
      onEvent: (event) => {
        const { running } = station.queue;
        this.#drawers.event(peripheralId, event, running?.rules.isPhysical === true);
        const told = withOwnJobId(event);
        news.event(peripheralId, told);
        this.#options.onEvent(peripheralId, told);
      },
      onSettled: (job, settled) => {
        if (job.entry !== undefined) this.#drawers.openedByJob(peripheralId);
        this.#options.onSettled(job, settled);
      },
      onFailure: (error) => {
        log.error({ err: error, peripheralId }, 'the end of a job could not be written');
      },
    });
    return station;
  }

  #say(station: Station, status: SupervisorStatus): void {
    const { driver, entry } = station;
    const { peripheralId, identity } = entry;
    const { category } = driver;
    this.#options.news.state({ peripheralId, category, driver: driver.id, identity }, status);
  }

  #learnt(station: Station, facts: { identity?: DeviceIdentity; address?: string }): void {
    const { registry, ledger, log } = this.#options;
    const { peripheralId } = station.entry;
    const members = { peripheralId, event: 'peripheralIdentified', ...told(facts) };
    const failed = (error: unknown): void => {
      log.warn({ err: error, peripheralId }, 'what a peripheral is could not be kept');
    };
    registry.learn(peripheralId, facts).catch(failed);
    ledger.append({ type: 'append', kind: 'peripheral', members }).catch(failed);
    this.#say(station, station.supervisor.status);
  }

  #isTaken(address: string, by: string): boolean {
    return [...this.#stations].some(([id, { entry }]) => id !== by && entry.address === address);
  }
}

/** Drivers know a job by its device and jobId; devices by what they called it. */
function withOwnJobId(event: PeripheralEvent): PeripheralEvent {
  const name = event['jobId'];
  const [deviceId, jobId] = typeof name === 'string' ? name.split('/', 2) : [];
  return jobId === undefined || deviceId === undefined ? event : { ...event, deviceId, jobId };
}

function lineOf({ driver, driverOptions }: Station): { line?: SerialLine } {
  const line = driver.line?.(driverOptions);
  return line === undefined ? {} : { line };
}

function told(facts: { identity?: DeviceIdentity; address?: string }): Record<string, Json> {
  const { identity, address } = facts;
  return {
    ...(identity !== undefined && { identity: { ...identity } }),
    ...(address !== undefined && { address }),
  };
}
