/** Headquarters of the demonstration, handled through the command line and its HTTP port alone. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { HQ_CONFIG } from '../config/hq-schema.ts';
import { hqPaths } from '../config/paths.ts';
import { setConfigValue } from '../config/writer.ts';
import { ChildDaemon } from './child-daemon.ts';
import { waitFor } from './patience.ts';
import { tillgate, tillgateJson, tillgateOrFail } from './tillgate-cli.ts';

/** PGlite takes up to 8 s for its first start on two busy cores. */
const START_LIMIT_MS = 90_000;

/** Counting follows custody; without a new count for this long it has stopped. */
const COUNT_LIMIT_MS = 60_000;

export type HqTotals = {
  /** Entries of the log that headquarters holds durably. */
  entries: number;
  /** Decimal text in pounds, of every sale that counts. */
  total: string;
};

export class Headquarters {
  readonly #home: string;
  readonly #daemon: ChildDaemon;
  #mqttPort = 0;
  #httpPort = 0;

  constructor(folder: string) {
    this.#home = join(folder, 'hq');
    this.#daemon = new ChildDaemon(['hq', 'run', '--home', this.#home], join(folder, 'hq.log'));
  }

  /** Makes the home unless there is one. Stores will be told to dial `publicUrl`. */
  async prepare(publicUrl: string): Promise<void> {
    const file = hqPaths(this.#home).configFile;
    if (!existsSync(file)) await tillgateOrFail(['hq', 'init', '--home', this.#home]);
    this.#mqttPort = await freePort();
    this.#httpPort = await freePort();
    const values = {
      'mqtt.port': String(this.#mqttPort),
      'http.port': String(this.#httpPort),
      publicUrl,
    };
    for (const [key, text] of Object.entries(values))
      setConfigValue(HQ_CONFIG, file, { key, text });
  }

  /** Resolves with where the broker listens, when headquarters is ready. */
  async start(signal: AbortSignal): Promise<{ host: string; port: number }> {
    this.#daemon.start();
    await waitFor(() => this.#isHealthy(), {
      what: 'headquarters to start',
      limitMs: START_LIMIT_MS,
      everyMs: 200,
      signal,
    });
    return { host: '127.0.0.1', port: this.#mqttPort };
  }

  async stop(): Promise<void> {
    await this.#daemon.stop();
  }

  /** The enrolment document for the gateway whose log has that key. */
  enrolment(verifierKey: string): Promise<string> {
    const words = ['hq', 'store', 'add', '--verifier-key', verifierKey];
    return tillgateOrFail([...words, '--home', this.#home, '--json']);
  }

  /** What headquarters holds and counts for the log `origin`, once it has counted `size` entries. */
  async totals(origin: string, size: number, signal: AbortSignal): Promise<HqTotals> {
    let counted = 0;
    const probe = async (): Promise<HqTotals | undefined> => {
      this.#daemon.mustRun();
      const report = await this.#report(origin);
      counted = report.counted;
      return counted >= size ? report : undefined;
    };
    return waitFor(probe, {
      what: 'headquarters to count every entry',
      limitMs: COUNT_LIMIT_MS,
      everyMs: 300,
      signal,
      progress: () => counted,
    });
  }

  async logVerifies(): Promise<boolean> {
    return (await tillgate(['hq', 'log', 'verify', '--home', this.#home])).exitCode === 0;
  }

  async #report(origin: string): Promise<HqTotals & { counted: number }> {
    const home = ['--home', this.#home];
    const { stores } = await tillgateJson<StoreList>(['hq', 'store', 'list', ...home]);
    const totals = await tillgateJson<Totals>(['hq', 'report', 'totals', ...home]);
    const kept = stores.find((store) => store.origin === origin);
    const covered = totals.covers.find((log) => log.origin === origin);
    const pounds = totals.overall.find((sum) => sum.currency === 'GBP');
    return {
      entries: kept?.size ?? 0,
      total: pounds?.total ?? '0.00',
      counted: covered?.size ?? 0,
    };
  }

  async #isHealthy(): Promise<true | undefined> {
    this.#daemon.mustRun();
    try {
      const response = await fetch(`http://127.0.0.1:${this.#httpPort}/healthz`);
      await response.body?.cancel();
      return response.ok ? true : undefined;
    } catch {
      // Not listening yet: mustRun() above tells when it never will.
      return undefined;
    }
  }
}

/** The members of `hq store list --json` and `hq report totals --json` that are read here. */
type StoreList = { stores: { origin: string; size: number }[] };
type Totals = {
  overall: { currency: string; total: string }[];
  covers: { origin: string; size: number }[];
};

/** A port that was free a moment ago; headquarters keeps it, so that the link has one target. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  return port;
}
