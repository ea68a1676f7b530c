/**
 * What stands on the counter of the demonstration: a receipt printer, a scanner and a scale, each a
 * simulated device that speaks its own bytes, driven by the gateway. A till scans an item, weighs
 * goods, and has the receipt of a real invoice printed from the log. The picture stays.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatewayPaths } from '../config/paths.ts';
import { must } from '../protocol/must.ts';
import { CounterTill } from './counter-till.ts';
import { waitFor } from './patience.ts';
import { SimulatedDevice } from './simulated-device.ts';
import type { GatewayLife, TillIdentity } from './till-messages.ts';
import { tillgateOrFail } from './tillgate-cli.ts';

const KINDS = ['printer', 'scanner', 'scale'] as const;
type Kind = (typeof KINDS)[number];

/** The picture follows the printer's own word that it printed, by what the drawing takes. */
const PICTURE_LIMIT_MS = 20_000;

export type CounterResult = {
  /** What the scanner read. */
  scanned: string;
  /** `1.250 kg` */
  weighed: string;
  /** The printer itself said that the receipt is on paper. */
  printed: boolean;
  /** The picture of that receipt. */
  receiptPicture: string;
};

export type CounterWork = {
  life: GatewayLife;
  identity: TillIdentity;
  /** The transaction whose receipt is printed, and an item of it. */
  transactionId: string;
  itemId: string;
  signal: AbortSignal;
};

export class Counter {
  readonly #folder: string;
  readonly #devices = new Map<Kind, SimulatedDevice>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts the devices and adds each to the gateway in `home`, which need not run. */
  async prepare(home: string): Promise<void> {
    mkdirSync(this.#receipts, { recursive: true });
    for (const kind of KINDS) {
      const log = join(this.#folder, `${kind}.log`);
      this.#devices.set(kind, new SimulatedDevice(kind, this.#receipts, log));
    }
    const isKept = existsSync(gatewayPaths(home).peripheralsFile);
    for (const kind of KINDS) {
      const { address, driver, driverOptions } = await this.#device(kind).facts;
      const options = Object.entries(driverOptions).flatMap(([key, value]) => [
        '--option',
        `${key}=${String(value)}`,
      ]);
      const place = ['--driver', driver, '--address', address, ...options, '--home', home];
      // Homes that were kept know them, at the ports of another day.
      if (isKept) await tillgateOrFail(['peripheral', 'remove', kind, '--home', home]);
      await tillgateOrFail(['peripheral', 'add', kind, ...place]);
    }
  }

  async work(options: CounterWork): Promise<CounterResult> {
    const till = await CounterTill.connect(options.identity, options.life);
    try {
      return await this.#workWith(till, options);
    } finally {
      till.close();
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#devices.values()].map((device) => device.stop()));
  }

  async #workWith(till: CounterTill, options: CounterWork): Promise<CounterResult> {
    await Promise.all(KINDS.map((kind) => till.ready(kind)));
    const scan = till.event('scanner', 'scan');
    this.#device('scanner').command(`scan ${options.itemId}`);
    const { data } = await scan;
    this.#device('scale').command('weigh 1.250 kg');
    const { weight } = await till.done('scale', { operation: 'read', timeoutMs: 30_000 });
    const { transactionId } = options;
    const { confirmed } = await till.done('printer', { operation: 'printReceipt', transactionId });
    return {
      scanned: String(data),
      weighed: weightText(weight as Weight),
      printed: confirmed === true,
      receiptPicture: await this.#picture(options.signal),
    };
  }

  /** Kept beside the homes that go away. */
  async #picture(signal: AbortSignal): Promise<string> {
    const newest = await waitFor(() => readdirSync(this.#receipts).toSorted().at(-1), {
      what: "the receipt's picture",
      limitMs: PICTURE_LIMIT_MS,
      everyMs: 50,
      signal,
    });
    const kept = join(tmpdir(), 'tillgate-demo-receipt.png');
    copyFileSync(join(this.#receipts, newest), kept);
    return kept;
  }

  get #receipts(): string {
    return join(this.#folder, 'receipts');
  }

  #device(kind: Kind): SimulatedDevice {
    return must(this.#devices.get(kind), `the ${kind} was started`);
  }
}

type Weight = { value: number; scale: number; unit: string };

function weightText({ value, scale, unit }: Weight): string {
  const digits = String(value).padStart(scale + 1, '0');
  const at = digits.length - scale;
  return `${digits.slice(0, at)}.${digits.slice(at)} ${unit}`;
}
