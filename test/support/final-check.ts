/**
 * The end of a run, when nobody is killed any more: new sales are accepted, everything that waits
 * gets its answer, headquarters gets everything, and both logs verify, with the product's own
 * commands, as a technician would run them.
 */
import { askGateway, awaited, must } from './chain-processes.ts';
import type { ChainHomes } from './chain-processes.ts';
import type { LogOracle } from './log-oracle.ts';
import type { RestlessTill } from './restless-till.ts';
import type { ToldBook } from './told-book.ts';

export interface FinalCheck {
  homes: ChainHomes;
  address: { host: string; port: number };
  tills: readonly RestlessTill[];
  book: ToldBook;
  oracle: LogOracle;
}

/** Both processes run. The gateway's back-off reaches half a minute, and the projection starts anew. */
const SETTLE_MS_MAX = 120_000;

interface Totals {
  byType: { transactions: number; totalMinor: string }[];
  complete: boolean;
}

export async function finalViolations(check: FinalCheck): Promise<string[]> {
  const { homes, tills, book, oracle } = check;
  const before = book.acceptedCount;
  for (const till of tills) till.reach(check.address);
  const sold = await awaited(
    () => Promise.resolve(book.acceptedCount > before || undefined),
    SETTLE_MS_MAX,
  );
  if (sold === undefined) return ['no new sale was accepted'];
  for (const till of tills) till.finish();
  const answered = await awaited(
    () => Promise.resolve(tills.every(({ waiting }) => waiting === 0) || undefined),
    SETTLE_MS_MAX,
  );
  if (answered === undefined) return ['some submissions never got an answer'];
  const arrived = await awaited(async () => {
    const status = await askGateway(homes.gateway, ({ call }) => call('status', {}));
    return status?.entriesOnlyHere === 0 ? status : undefined;
  }, SETTLE_MS_MAX);
  if (arrived === undefined) return ['headquarters never got everything'];
  oracle.cosigned(arrived.log.size);
  const gateway = oracle.lookAtGateway(homes.gateway);
  const hq = await oracle.lookAtHq(homes.hq, homes.gateway);
  const verified = await verificationViolations(homes);
  return [...gateway.violations, ...hq.violations, ...verified, ...(await totalViolations(check))];
}

async function verificationViolations(homes: ChainHomes): Promise<string[]> {
  const logs = [
    ['log', 'verify', '--signatures', '--home', homes.gateway],
    ['hq', 'log', 'verify', '--home', homes.hq],
  ];
  const violations: string[] = [];
  for (const words of logs) {
    await must(words).catch((error: unknown) => violations.push(String(error)));
  }
  return violations;
}

/** Each id once, to the penny. */
async function totalViolations({ homes, oracle }: FinalCheck): Promise<string[]> {
  const sales = oracle.booked.size;
  const totalMinor = BigInt(oracle.bookedMinor);
  const totals = await awaited(async () => {
    const text = await must(['hq', 'report', 'totals', '--json', '--home', homes.hq]);
    const found = JSON.parse(text) as Totals;
    return found.complete ? found : undefined;
  }, SETTLE_MS_MAX);
  const types = totals?.byType ?? [];
  const counted = types.reduce((sum, { transactions }) => sum + transactions, 0);
  const countedMinor = types.reduce((sum, each) => sum + BigInt(each.totalMinor), 0n);
  if (counted === sales && countedMinor === totalMinor) return [];
  const got = `${counted} sales over ${countedMinor}`;
  return [`headquarters counts ${got}, the log has ${sales} over ${totalMinor}`];
}
