/**
 * The peripherals of a gateway in this process: the real ledger in a folder, real sockets to fake
 * devices, and a broker that only remembers what was published.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { DEFAULT_ROLES } from '../../config/default-roles.ts';
import { gatewayPaths } from '../../config/paths.ts';
import { openLedgerInProcess } from '../../daemon/ledger/ledger-client.ts';
import type { LedgerClient } from '../../daemon/ledger/ledger-client.ts';
import { openLedgerReader } from '../../daemon/ledger/reader.ts';
import type { LedgerReader } from '../../daemon/ledger/reader.ts';
import { JobDoor } from '../../daemon/broker/job-door.ts';
import type { OwnMessage } from '../../daemon/broker/own-message.ts';
import type { PeripheralEntry } from '../../daemon/peripherals/peripheral-entry.ts';
import { ReceiptJobs, type ReceiptJobsOptions } from '../../daemon/peripherals/receipt-jobs.ts';
import { startPeripherals } from '../../daemon/peripherals/start-peripherals.ts';
import type {
  Peripherals,
  PeripheralsOptions,
} from '../../daemon/peripherals/start-peripherals.ts';
import type { Candidate, DriverDefinition } from '../../drivers/driver.ts';
import { openTransport } from '../../drivers/transport/open-transport.ts';
import { silentLog } from '../../platform/logging.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { Teardown } from '../../platform/teardown.ts';
import { decodeEntry, type EntryHeader } from '../../protocol/log/entry.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import { FAKE_DRAWER, FAKE_PRINTER } from './fake-printer.ts';

const ORIGIN = 'shop.example/acme/s0417/g1/e1';
const DRIVERS: readonly DriverDefinition[] = [FAKE_PRINTER, FAKE_DRAWER];

export type Answered = Record<string, unknown> & {
  state: string;
  error?: { code: string; message: string };
  result?: Record<string, unknown>;
};

export class PeripheralLab {
  readonly dataDir: string;
  readonly published: OwnMessage[] = [];
  retainedAtStart: string[] = [];
  candidates: Candidate[] = [];
  alarms: string[] = [];
  peripherals: Peripherals = undefined as never;
  ledger: LedgerClient = undefined as never;
  reader: LedgerReader = undefined as never;
  door = new JobDoor();
  #teardown = new Teardown(silentLog);

  private constructor(dataDir: string) {
    this.dataDir = dataDir;
  }

  static async start(t: Pick<Test, 'teardown'>): Promise<PeripheralLab> {
    const home = mkdtempSync(join(tmpdir(), 'peripheral-lab-'));
    const lab = new PeripheralLab(gatewayPaths(home).dataDir);
    await lab.#start(home);
    t.teardown(async () => {
      await lab.stop();
      rmSync(home, { recursive: true });
    });
    return lab;
  }

  async #start(home: string): Promise<void> {
    const { dataDir } = this;
    const fail = (error: unknown): never => {
      throw error as Error;
    };
    this.ledger = openLedgerInProcess({
      ...{ dataDir, origin: ORIGIN, clock: systemClock, onFatal: fail },
    });
    this.reader = openLedgerReader(dataDir);
    this.door = new JobDoor();
    this.#teardown = new Teardown(silentLog);
    const peripherals = { receipts: { language: 'en', header: [], footer: [] } };
    const options = {
      ...{ paths: gatewayPaths(home), clock: systemClock, log: silentLog },
      ...{ teardown: this.#teardown, failed: fail, ledger: this.ledger, reader: this.reader },
      alarms: { raise: (code: string) => this.alarms.push(code) > 0 },
      broker: {
        publish: (message: OwnMessage) => void this.published.push(message),
        retainedAtStart: this.retainedAtStart,
      },
      jobDoor: this.door,
      config: () =>
        ({ roles: DEFAULT_ROLES, peripherals, timeZone: 'UTC' }) as unknown as GatewayConfig,
      registry: { roles: () => ({}) },
      loadTools: (receipts: ReceiptJobsOptions) =>
        Promise.resolve({
          driverNamed: (id: string) => {
            const driver = DRIVERS.find((known) => known.id === id);
            if (driver === undefined) throw new TillgateError('DRIVER_UNKNOWN', `no ${id}`);
            return driver;
          },
          hardware: { open: openTransport, discover: () => Promise.resolve(this.candidates) },
          receipts: new ReceiptJobs(receipts),
        }),
    } as unknown as PeripheralsOptions;
    this.peripherals = await startPeripherals(options);
  }

  async add(
    peripheralId: string,
    address: string,
    more: Partial<PeripheralEntry> = {},
  ): Promise<void> {
    const addedAt = '2010-12-01T08:26:00.000Z';
    const entry = { peripheralId, driver: 'fake/printer', address, options: {}, addedAt, ...more };
    await this.peripherals.registry.add(entry);
    await this.peripherals.start(entry);
  }

  async ready(peripheralId: string): Promise<void> {
    await this.until(() => this.state(peripheralId)?.['state'] === 'ready');
  }

  /** As last published; undefined after it was cleared. */
  state(peripheralId: string): Record<string, unknown> | undefined {
    const topic = `peripherals/${peripheralId}/state`;
    const last = this.published.findLast((message) => message.topic === topic);
    if (last === undefined || last.payload === '') return undefined;
    return JSON.parse(last.payload) as Record<string, unknown>;
  }

  events(peripheralId: string): Record<string, unknown>[] {
    const topic = `peripherals/${peripheralId}/event`;
    return this.published
      .filter((message) => message.topic === topic)
      .map(({ payload }) => JSON.parse(payload) as Record<string, unknown>);
  }

  /** Resolves when the request is recorded or refused. */
  ask(peripheralId: string, request: unknown, role = 'till'): Promise<void> {
    const deviceId = 'till-1';
    const payload = Buffer.isBuffer(request) ? request : Buffer.from(JSON.stringify(request));
    return this.peripherals.desk.take({ peripheralId, deviceId, role, payload });
  }

  answers(jobId: string | null, deviceId = 'till-1'): Answered[] {
    return this.published
      .filter(({ topic }) => topic.endsWith(`/response/${deviceId}`))
      .map(({ payload }) => JSON.parse(payload) as Answered)
      .filter((answer) => answer['jobId'] === jobId);
  }

  async answer(jobId: string | null): Promise<Answered> {
    await this.until(() => this.answers(jobId).length > 0);
    return must(this.answers(jobId).at(-1), 'it was just there');
  }

  async asked(peripheralId: string, request: { jobId: string }, role = 'till'): Promise<Answered> {
    await this.ask(peripheralId, request, role);
    return this.answer(request.jobId);
  }

  /** Headers of all entries of kind `peripheral`. */
  entries(): EntryHeader[] {
    const all = [...this.reader.entries(0, this.reader.size())];
    return all
      .map(({ leaf }) => decodeEntry(leaf).header)
      .filter(({ kind }) => kind === 'peripheral');
  }

  async stop(): Promise<void> {
    await this.#teardown.run();
    this.reader.close();
    await this.ledger.close();
  }

  async restart(): Promise<void> {
    await this.stop();
    this.published.length = 0;
    await this.#start(join(this.dataDir, '..'));
  }

  /** The suite's own timeout ends a wait in vain. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
