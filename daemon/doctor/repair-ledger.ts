/**
 * Puts a fresh ledger in the place of a damaged one, with the home lock held. The damaged file is
 * kept under a dated name and never deleted. Where entries of the newest log are lost for good, the
 * log is not extended: the fresh ledger comes with a new epoch, in which sales that could be read
 * behind the gap are written again, before it gets its name.
 *
 * A crash at any point leaves the damaged file in place, or one that the next start or repair puts
 * there (exchange.ts).
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { dirname } from 'node:path';
import type { Clock } from '../../protocol/clock.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import { CarryList } from '../epochs/carry-list.ts';
import { nextOpening } from '../epochs/next-opening.ts';
import { carryOver } from '../epochs/tail-carrier.ts';
import { LedgerCore } from '../ledger/ledger-core.ts';
import { SqliteStore } from '../ledger/sqlite-store.ts';
import type { StoredHead } from '../signing/stored-head.ts';
import type { Append } from '../ledger/commands.ts';
import { exchangeLedger, finishExchange, setLedgerAside } from '../ledger/exchange.ts';
import { readGood } from './good-entries.ts';
import type { FetchFromHq } from './hq-fetcher.ts';
import { LedgerSalvage, removeLedger } from './ledger-salvage.ts';
import { rebuildLedger, type Rebuilt } from './rebuild-ledger.ts';

export interface RepairOptions {
  ledgerFile: string;
  heads: readonly StoredHead[];
  hqHead: StoredHead | undefined;
  fetch: FetchFromHq;
  privateKey: KeyObject;
  clock: Clock;
}

export interface Repaired extends Rebuilt {
  /** Where the damaged file is kept. */
  keptAs: string;
  /** The epoch that had to be opened. */
  opened: { origin: string; prevOrigin: string; reason: 'damaged' } | undefined;
  /** Sales that were written again. */
  carried: number;
}

/** Entries whose sales share a commit; more are never in memory. */
const TOGETHER = 256;

/** Undefined where HQ is needed and does not answer; nothing is changed then. */
export async function repairLedger(options: RepairOptions): Promise<Repaired | undefined> {
  const { ledgerFile } = options;
  const fresh = `${ledgerFile}.fresh`;
  finishExchange(ledgerFile);
  removeLedger(fresh);
  const salvage = LedgerSalvage.open(ledgerFile);
  if (salvage === undefined) return nothingReadable(options);
  try {
    const store = new SqliteStore(fresh);
    let repaired: Omit<Repaired, 'keptAs'>;
    try {
      const rebuilt = await rebuildLedger({ ...options, salvage, store });
      if (rebuilt === undefined) return undefined;
      if (store.view.current() === undefined) return nothingReadable(options);
      repaired = { ...rebuilt, ...goOn({ ...options, salvage }, store, rebuilt) };
    } finally {
      store.close();
    }
    return { ...repaired, keptAs: exchangeLedger(ledgerFile, fresh, options.clock) };
  } finally {
    salvage.close();
    removeLedger(fresh);
  }
}

/** The start can do what is left to do: it begins an epoch, and fetches what headquarters holds. */
function nothingReadable({ ledgerFile, clock }: RepairOptions): Repaired {
  return {
    ...{ entries: 0, fetched: [], lost: [], bodiesLost: [], behind: [] },
    ...{ opened: undefined, carried: 0, keptAs: setLedgerAside(ledgerFile, clock) },
  };
}

/** Opens the epoch that has to follow, and writes again what stood behind a gap. */
function goOn(
  options: RepairOptions & { salvage: LedgerSalvage },
  store: SqliteStore,
  { lost, behind }: Rebuilt,
): Pick<Repaired, 'opened' | 'carried'> {
  const { clock, heads, hqHead, privateKey, ledgerFile } = options;
  const { origin, size, epoch } = must(store.view.current(), 'the caller has looked');
  const core = new LedgerCore(store, {
    ...{ clock, bootId: randomUUID(), clockSource: 'system', randomBytes, origin },
  });
  let opened: Repaired['opened'];
  if (lost.some((range) => range.origin === origin)) {
    const previous = { origin, size, node: store.view.nodes(epoch) };
    const reason = 'damaged' as const;
    const opening = nextOpening({ reason, heads, previous, privateKey, randomBytes });
    const next = hqHead?.origin === origin ? Math.min(hqHead.size, size) : 0;
    new CarryList(dirname(ledgerFile)).add({ origin, next });
    core.openEpoch(opening);
    opened = { origin: opening.origin, prevOrigin: origin, reason };
  }
  let carried = 0;
  for (let at = 0; at < behind.length; at += TOGETHER) {
    const commands = behind
      .slice(at, at + TOGETHER)
      .flatMap((ref) => writtenAgain(options.salvage, ref));
    for (const outcome of core.run(commands)) {
      if (outcome instanceof TillgateError) throw outcome;
    }
    carried += commands.length;
  }
  return { opened, carried };
}

/** The command that writes a sale behind a gap again; none for what is no sale. */
function writtenAgain(salvage: LedgerSalvage, ref: Rebuilt['behind'][number]): Append[] {
  const entry = readGood(salvage, ref, 0);
  if (entry === undefined) return [];
  const place = { origin: ref.origin, entry: () => entry.leaf, blob: () => entry.blob };
  const command = carryOver(place, ref.index);
  return command === undefined ? [] : [command];
}
