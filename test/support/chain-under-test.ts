/**
 * A headquarters and one store that has joined it, each a process with a home of its own; both are
 * ended with the test, however it ends.
 */
import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { keepHqPort } from './chain-processes.ts';
import { HeadquartersUnderTest } from './headquarters-process.ts';
import type { HqPlaces } from './headquarters-process.ts';
import { cashSale, TillUnderTest } from './till-under-test.ts';
import { GatewayUnderTest } from './tillgate-process.ts';
import { ownFolder } from './own-folder.ts';
import { settleRights } from './rights-settling.ts';

/** The gateway's back-off reaches half a minute at most; the rest takes seconds. */
const WAIT_MS_MAX = 90_000;

export interface Totals {
  overall: { currency: string; transactions: number; totalMinor: string; total: string }[];
  duplicates: number;
  conflicts: number;
  rejected: number;
  quarantined: number;
  complete: boolean;
}

export interface ChainUnderTest {
  hq: HeadquartersUnderTest;
  gateway: GatewayUnderTest;
  places: HqPlaces;
  /** What `hq store add` printed. */
  enrolment: { origin: string; hqUrl: string; hqKeys: string[] };
  /** Enrols a till and logs it in; a signing one enrols its key first. */
  addTill(deviceId: string, options?: { signing: boolean }): Promise<TillUnderTest>;
}

export interface ChainOptions {
  /** More words for `hq run`. */
  hqWords?: readonly string[];
  /** Where the store reaches the broker, when it is not the embedded one. */
  hqUrl?: string;
  /** Keys of the gateway's configuration, by path. */
  gatewayConfig?: Readonly<Record<string, string>>;
  /** For how long headquarters hands out no rights after a start. */
  settleSeconds?: number;
  /** Headquarters will lose its configuration, and with it an address of its own. */
  losesConfig?: boolean;
}

/** Of this process. */
let chains = 0;

export async function startChain(t: Test, options: ChainOptions = {}): Promise<ChainUnderTest> {
  const folder = ownFolder(t);
  const hq = new HeadquartersUnderTest(folder, options.hqWords);
  const gateway = new GatewayUnderTest(folder);
  const tills: TillUnderTest[] = [];
  t.teardown(async () => {
    await Promise.all(tills.map((till) => till.end()));
    await gateway.stop('SIGKILL');
    await hq.stop('SIGKILL');
  });
  await hq.ok('init');
  chains += 1;
  if (options.losesConfig !== true) keepHqPort(hq.home, chains);
  if (options.settleSeconds !== undefined) settleRights(hq.home, options.settleSeconds);
  const places = await hq.start();
  await gateway.init();
  for (const [key, value] of Object.entries(options.gatewayConfig ?? {})) {
    await gateway.ok('config', 'set', key, value);
  }
  const { mqtt } = await gateway.start();
  const key = (await gateway.ok('log', 'key')).trim();
  const words = options.hqUrl === undefined ? [] : ['--hq-url', options.hqUrl];
  const document = await hq.ok('store', 'add', '--verifier-key', key, ...words);
  const file = join(folder, 'enrolment.json');
  writeFileSync(file, document);
  await gateway.ok('hq', 'join', file);
  return {
    ...{ hq, gateway, places },
    enrolment: JSON.parse(document) as ChainUnderTest['enrolment'],
    addTill: async (deviceId, { signing } = { signing: false }) => {
      const credential = await gateway.addDevice(deviceId);
      const key = signing ? await enrolKey(gateway, deviceId) : undefined;
      const till = await TillUnderTest.connect(mqtt, credential, key);
      tills.push(till);
      return till;
    },
  };
}

async function enrolKey(gateway: GatewayUnderTest, deviceId: string): Promise<KeyObject> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const file = join(gateway.home, `${deviceId}.pem`);
  writeFileSync(file, publicKey.export({ type: 'spki', format: 'pem' }));
  await gateway.ok('device', 'key', 'add', deviceId, file);
  return privateKey;
}

export interface Sales {
  /** The numbers of the first and the last sale. */
  from: number;
  to: number;
  /** A line is some 170 bytes. */
  lineCount?: number;
}

/** Sells without waiting for one answer before the next; gives the sum of what was accepted. */
export async function sellCash(
  till: TillUnderTest,
  { from, to, lineCount = 1 }: Sales,
): Promise<number> {
  const totals = Array.from({ length: to - from + 1 }, async (_, at) => {
    const totalMinor = 100 + from + at;
    const answer = await till.submit(cashSale(from + at, { totalMinor, lineCount }));
    return answer.outcome === 'accepted' ? totalMinor : 0;
  });
  return (await Promise.all(totals)).reduce((sum, totalMinor) => sum + totalMinor, 0);
}

/** Waits, bounded, until the gateway knows that headquarters holds all of its log. */
export async function expectAllAtHq(t: Test, gateway: GatewayUnderTest): Promise<void> {
  const waiting = await settled(
    async () => (await gateway.status()).entriesOnlyHere,
    (entries) => entries === 0,
  );
  t.equal(waiting, 0, 'headquarters holds every entry');
}

/** Waits, bounded, until headquarters counts so many sales, and compares the sum to the penny. */
export async function expectTotals(
  t: Test,
  hq: HeadquartersUnderTest,
  expected: { sales: number; sumMinor: number },
): Promise<Totals> {
  const totals = await settled(
    () => hq.json<Totals>('report', 'totals'),
    ({ overall }) => overall[0]?.transactions === expected.sales,
  );
  const { sales, sumMinor } = expected;
  const [only, ...others] = totals.overall;
  t.same(others, [], 'one currency');
  t.match(only, { currency: 'GBP', transactions: sales, totalMinor: String(sumMinor) });
  t.equal(only?.total, `${Math.floor(sumMinor / 100)}.${String(sumMinor % 100).padStart(2, '0')}`);
  t.equal(totals.complete, true);
  return totals;
}

/** Asks until the answer is as hoped for, or time is up; gives the last answer. */
export async function settled<T>(
  ask: () => Promise<T>,
  isDone: (answer: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + WAIT_MS_MAX;
  for (;;) {
    const answer = await ask();
    if (isDone(answer) || performance.now() > deadline) return answer;
    await delay(100);
  }
}
