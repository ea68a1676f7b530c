/**
 * The peripherals of the running gateway: its registry, the jobs in the ledger, one supervisor for
 * each, and what devices hear of them. First of all it ends what an earlier life left under way; then
 * it opens the door for requests.
 */
import { randomInt } from 'node:crypto';
import { renameSync } from 'node:fs';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import type { DriverDefinition } from '../../drivers/driver.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import type { JobDoor } from '../broker/job-door.ts';
import type { OwnMessage } from '../broker/own-message.ts';
import type { StoreBroker } from '../broker/store-broker.ts';
import type { DeviceRegistry } from '../control/device-registry.ts';
import type { LogKeeping, SharedParts } from '../log-keeping.ts';
import { rolesInForce } from '../steering/hq-devices.ts';
import type { Hardware } from './device-finder.ts';
import { EventWatch } from './event-watch.ts';
import { JobBook } from './job-book.ts';
import { JobDesk } from './job-desk.ts';
import type { PeripheralEntry } from './peripheral-entry.ts';
import { PeripheralFleet } from './peripheral-fleet.ts';
import { PeripheralNews, type PeripheralState } from './peripheral-news.ts';
import { PeripheralRegistry } from './peripheral-registry.ts';
import { PrintRests } from './print-rests.ts';
import type { ReceiptJobs, ReceiptJobsOptions } from './receipt-jobs.ts';

export interface PeripheralTools {
  /** Throws `DRIVER_UNKNOWN`. */
  readonly driverNamed: (id: string) => DriverDefinition;
  readonly hardware: Hardware;
  readonly receipts: ReceiptJobs;
}

export interface PeripheralsOptions extends SharedParts, LogKeeping {
  readonly broker: Pick<StoreBroker, 'publish' | 'retainedAtStart'>;
  readonly jobDoor: JobDoor;
  readonly config: () => GatewayConfig;
  readonly registry: Pick<DeviceRegistry, 'roles'>;
  /** Loads the drivers; tests bring their own. */
  readonly loadTools?: ((receipts: ReceiptJobsOptions) => Promise<PeripheralTools>) | undefined;
}

export interface PeripheralCounters {
  /** Answers by state, since the start. */
  readonly jobs: Readonly<Record<'done' | 'refused' | 'unknown', number>>;
  readonly waitingJobs: number;
  readonly reconnects: number;
  readonly discardedBytes: number;
  readonly droppedEvents: number;
}

export interface Peripherals {
  readonly registry: PeripheralRegistry;
  states(): readonly PeripheralState[];
  counters(): PeripheralCounters;
  readonly desk: JobDesk;
  readonly events: EventWatch;
  /** Undefined while there is no peripheral. */
  fleet(): PeripheralFleet | undefined;
  start(entry: PeripheralEntry): Promise<void>;
  end(peripheralId: string): Promise<void>;
}

const RANDOM_STEPS = 2 ** 32;

export async function startPeripherals(options: PeripheralsOptions): Promise<Peripherals> {
  const { teardown, broker, jobDoor } = options;
  const registry = await openRegistry(options);
  const keeper = new PeripheralKeeper(options, registry);
  teardown.add('peripherals', () => keeper.close());
  await keeper.endInterrupted();
  const known = registry.all();
  keeper.news.clearOthers(
    broker.retainedAtStart,
    new Set(known.map(({ peripheralId }) => peripheralId)),
  );
  for (const entry of known) await keeper.start(entry);
  jobDoor.open(keeper.desk);
  return keeper;
}

class PeripheralKeeper implements Peripherals {
  readonly registry: PeripheralRegistry;
  readonly desk: JobDesk;
  readonly news: PeripheralNews;
  readonly events = new EventWatch();
  readonly #options: PeripheralsOptions;
  readonly #book: JobBook;
  readonly #rests = new PrintRests();
  readonly #jobs = { done: 0, refused: 0, unknown: 0 };
  #tools: PeripheralTools | undefined;
  #fleet: PeripheralFleet | undefined;

  constructor(options: PeripheralsOptions, registry: PeripheralRegistry) {
    const { clock, ledger, reader, broker } = options;
    const schedule = systemSchedule;
    this.#options = options;
    this.registry = registry;
    this.#book = new JobBook({ ledger, reads: reader.jobs, clock, schedule });
    const publish = (message: OwnMessage): void => broker.publish(message);
    this.news = new PeripheralNews({ publish, clock, schedule });
    this.desk = new JobDesk({
      ...{ book: this.#book, clock, publish },
      workplace: (peripheralId) => this.#fleet?.workplace(peripheralId),
      receipts: () => this.#tools?.receipts,
      rightsOf: (role) =>
        rolesInForce(options.config().roles, options.registry)[role]?.rights ?? [],
      onAnswer: (state) => {
        this.#jobs[state] += 1;
      },
    });
  }

  fleet(): PeripheralFleet | undefined {
    return this.#fleet;
  }

  states(): readonly PeripheralState[] {
    return this.news.states;
  }

  counters(): PeripheralCounters {
    const none = { waitingJobs: 0, reconnects: 0, discardedBytes: 0 };
    const { droppedEvents } = this.news;
    return { jobs: this.#jobs, droppedEvents, ...(this.#fleet?.counters ?? none) };
  }

  async endInterrupted(): Promise<void> {
    const ended = await this.#book.endInterrupted();
    this.#rests.interrupted(ended);
    this.desk.tellInterrupted(ended);
  }

  async start(entry: PeripheralEntry): Promise<void> {
    const tools = (this.#tools ??= await loadTools(this.#options, this.#book));
    this.#fleet ??= this.#makeFleet(tools);
    this.#fleet.start(entry);
  }

  async end(peripheralId: string): Promise<void> {
    await must(this.#fleet, 'one that is removed was started').end(peripheralId);
  }

  async close(): Promise<void> {
    this.#book.close();
    await this.#fleet?.close();
  }

  #makeFleet({ hardware, driverNamed }: PeripheralTools): PeripheralFleet {
    const { ledger, clock, log, paths } = this.#options;
    const { registry, news } = this;
    return new PeripheralFleet({
      ...{ registry, book: this.#book, news, ledger, clock, schedule: systemSchedule, log },
      ...{ hardware, driverNamed, rests: this.#rests, logosDir: paths.logosDir },
      random: () => randomInt(RANDOM_STEPS) / RANDOM_STEPS,
      onSettled: (job, settled) => this.desk.settled(job, settled),
      onEvent: (peripheralId, event) => this.events.happened(peripheralId, event),
    });
  }
}

/** A spoilt list of peripherals must not keep the store from selling: it is kept aside, and said. */
async function openRegistry(options: PeripheralsOptions): Promise<PeripheralRegistry> {
  const { paths, clock, alarms, log } = options;
  const path = paths.peripheralsFile;
  try {
    return await PeripheralRegistry.open(path);
  } catch (error) {
    if (!isTillgateError(error, 'REGISTRY_UNREADABLE')) throw error;
    const stamp = new Date(clock.wallMs()).toISOString().replaceAll(/[:.]/g, '-');
    renameSync(path, `${path}.damaged-${stamp}`);
    const message = `${error.message}; it is kept as ${path}.damaged-${stamp}, add the peripherals again`;
    log.error({ err: error }, message);
    alarms.raise('REGISTRY_UNREADABLE', message);
    return PeripheralRegistry.open(path);
  }
}

async function loadTools(options: PeripheralsOptions, book: JobBook): Promise<PeripheralTools> {
  const { reader, config, loadTools: load } = options;
  const settings = (): ReturnType<ReceiptJobsOptions['settings']> => {
    const { receipts, timeZone } = { ...config().peripherals, timeZone: config().timeZone };
    return { ...receipts, timeZone };
  };
  const receipts: ReceiptJobsOptions = { log: reader, book, settings };
  if (load !== undefined) return load(receipts);
  const { peripheralTools } = await import('./peripheral-tools.ts');
  return peripheralTools(receipts);
}
