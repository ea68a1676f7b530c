/** Headquarters of the demonstration, handled through the command line alone. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hqPaths } from '../config/paths.ts';
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

  constructor(folder: string) {
    this.#home = join(folder, 'hq');
    const ports = ['--mqtt-port', '0', '--http-port', '0'];
    const words = ['hq', 'run', ...ports, '--home', this.#home];
    this.#daemon = new ChildDaemon(words, join(folder, 'hq-daemon.log'));
  }

  /** Makes the home unless there is one. */
  async prepare(): Promise<void> {
    if (existsSync(hqPaths(this.#home).configFile)) return;
    await tillgateOrFail(['hq', 'init', '--home', this.#home]);
  }

  /** Resolves with where the broker listens, when headquarters is ready. */
  async start(signal: AbortSignal): Promise<Address> {
    this.#daemon.start();
    return waitFor(() => this.#brokerAddress(), {
      what: 'headquarters to start',
      limitMs: START_LIMIT_MS,
      everyMs: 100,
      signal,
    });
  }

  async stop(): Promise<void> {
    await this.#daemon.stop();
  }

  /** The enrolment document for the gateway whose log has that key, which will dial `hqUrl`. */
  enrolment(verifierKey: string, hqUrl: string): Promise<string> {
    const words = ['hq', 'store', 'add', '--verifier-key', verifierKey, '--hq-url', hqUrl];
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

  async #brokerAddress(): Promise<Address | undefined> {
    this.#daemon.mustRun();
    const words = ['hq', 'status', '--home', this.#home, '--json'];
    const { exitCode, stdout } = await tillgate(words);
    return exitCode === 0 ? (JSON.parse(stdout) as { mqtt: Address }).mqtt : undefined;
  }
}

type Address = { host: string; port: number };

/** The members of `hq store list --json` and `hq report totals --json` that are read here. */
type StoreList = { stores: { origin: string; size: number }[] };
type Totals = {
  overall: { currency: string; total: string }[];
  covers: { origin: string; size: number }[];
};
