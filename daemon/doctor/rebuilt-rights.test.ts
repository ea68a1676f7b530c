/**
 * Goal: over roll-backs no grant is spent above what it was, and whatever happened, the rows of rights
 * that the doctor derives from the leaves are those that the ledger keeps. Method: random lives of a
 * gateway and of the copy that it is rolled back to; the copy gets the tail from headquarters, goes on,
 * and is rebuilt.
 */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Json } from '../../protocol/json/json-value.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { leafHash } from '../../protocol/log/merkle.ts';
import { must } from '../../protocol/must.ts';
import { couponPool, pointsPool } from '../../protocol/rights/pool.ts';
import { readTransactionRights } from '../../protocol/rights/read-rights.ts';
import type { Drawn } from '../../protocol/rights/right-entries.ts';
import type { RightsView } from '../../protocol/rights/rights-view.ts';
import type { Command } from '../ledger/commands.ts';
import type { LedgerCore } from '../ledger/ledger-core.ts';
import { freshFolder, newCore, ORIGIN, sale } from '../ledger/ledger-fixtures.ts';
import { MemoryStore } from '../ledger/memory-store.ts';
import type { ReturnedEntry } from '../ledger/returned-entry.ts';
import { openForWriting } from '../ledger/sqlite-schema.ts';
import { SqliteStore } from '../ledger/sqlite-store.ts';
import { LedgerSalvage } from './ledger-salvage.ts';
import { rebuildLedger } from './rebuild-ledger.ts';

const POOL = pointsPool('m-1');
const SECOND = ORIGIN.replace('e1', 'e2-01234567');
const IDS = [0, 1, 2, 3];

const step = fc.record({
  what: fc.constantFrom(
    'grant',
    'spend',
    'earn',
    'code',
    'hold',
    'release',
    'recall',
    'anchor',
    'plain',
  ),
  id: fc.constantFrom(...IDS),
  amount: fc.integer({ min: 1, max: 9 }),
});
type Step = { what: string; id: number; amount: number };

const endOf = (id: number) => 1_000 + id * 10;

/** `life` makes the ids of sales and reservations its own. */
function commandOf({ what, id, amount }: Step, life: string): Command {
  const expiresAt = id === 0 ? {} : { expiresAt: new Date(endOf(id) * 1_000).toISOString() };
  const grant = { grantId: `g${id}`, holder: 'g1', pool: POOL, amount: 10, ...expiresAt };
  const rights = (debit: string | undefined, earned: number) => ({
    debits:
      debit === undefined ? [] : [{ pool: debit, amount: earned === 0 ? amount : 1, path: '' }],
    credits: earned === 0 ? [] : [{ pool: POOL, amount: earned }],
  });
  const name = `${life} ${what} ${id} ${amount}`;
  switch (what) {
    case 'grant':
      return { type: 'rights', change: { type: 'grant', grant } };
    case 'recall':
      return { type: 'rights', change: { type: 'grant', grant: { ...grant, recall: true } } };
    case 'spend':
      return sale(name, { content: name, rights: rights(POOL, 0) });
    case 'earn':
      return sale(name, { content: name, rights: rights(undefined, amount) });
    case 'code':
      return sale(name, { content: name, rights: rights(couponPool('c', `${life}${id}`), 1) });
    case 'hold': {
      const hold = { type: 'hold', reservationId: `${life}${id}`, pool: POOL, amount } as const;
      return { type: 'rights', change: hold };
    }
    case 'release': {
      const release = {
        type: 'release',
        reservationId: `${life}${id}`,
        reason: 'expired',
      } as const;
      return { type: 'rights', change: release };
    }
    case 'anchor':
      return {
        type: 'append',
        kind: 'anchor',
        members: { size: 1, timeSeconds: endOf(id) + amount - 5 },
      };
    default:
      return sale(name, { content: name });
  }
}

const TERMS: Command = {
  type: 'rights',
  change: { type: 'terms', couponId: 'c', terms: { singleUse: true, withoutGrant: 2 } },
};

function live(core: LedgerCore, steps: readonly Step[], life: string): void {
  for (const one of steps) core.run([commandOf(one, life)]);
}

function entriesOf(core: LedgerCore, start: number, epoch: number): ReturnedEntry[] {
  const entries: ReturnedEntry[] = [];
  for (let index = start; ; index += 1) {
    const leaf = core.view.leaf({ epoch, index });
    if (leaf === undefined) return entries;
    const blob = core.view.blob({ epoch, index });
    entries.push({ leaf, leafHash: leafHash(leaf), ...(blob !== undefined && { blob }) });
  }
}

/** What the entries took from each grant that headquarters gave, each sale and reservation once. */
function takenIn(entries: readonly ReturnedEntry[]): Map<string, number> {
  const taken = new Map<string, number>();
  const counted = new Set<string>();
  for (const { leaf } of entries) {
    const header = decodeEntry(leaf).header as unknown as Record<string, Json>;
    const name = JSON.stringify(header['reservationId'] ?? header['transactionId'] ?? null);
    const parts: Drawn[] = [];
    const debits = readTransactionRights(header['rights'])?.debits ?? [];
    parts.push(...debits.flatMap(({ from }) => from));
    if (header['event'] === 'held') parts.push(...(header['from'] as unknown as Drawn[]));
    if (header['event'] === 'returned') parts.push(header as unknown as Drawn);
    else if (parts.length > 0 && counted.has(name)) continue;
    counted.add(name);
    for (const { grantId, amount } of parts) taken.set(grantId, (taken.get(grantId) ?? 0) + amount);
  }
  taken.delete('own');
  return taken;
}

const rowsOf = (view: RightsView, lives: readonly string[]) => ({
  grants: view.grantsOf(POOL).toSorted((a, b) => (a.grantId < b.grantId ? -1 : 1)),
  terms: view.terms('c'),
  uses: lives.flatMap((life) => IDS.map((id) => view.codeUse('c', `${life}${id}`))),
  policyUses: view.policyUses('c'),
  reservations: lives.flatMap((life) => IDS.map((id) => view.reservation(`${life}${id}`))),
  state: view.state(),
});

async function rebuilt(path: string): Promise<MemoryStore> {
  const store = new MemoryStore();
  const salvage = must(LedgerSalvage.open(path), 'the file is whole');
  const fetch = () => Promise.resolve({ type: 'unreachable' } as const);
  await rebuildLedger({ salvage, store, heads: [], fetch });
  salvage.close();
  return store;
}

void t.test(
  'rolled back, brought back and rebuilt, the rows are what the leaves say',
  async (t) => {
    const steps = (maxLength: number) => fc.array(step, { maxLength });
    await fc.assert(
      fc.asyncProperty(
        steps(15),
        steps(25),
        steps(8),
        steps(25),
        async (first, tail, between, after) => {
          const folder = freshFolder();
          const path = join(folder.path, 'ledger.db');
          const original = newCore(new MemoryStore());
          const copy = newCore(
            new SqliteStore(path, {
              configure: (database) => database.pragma('synchronous = OFF'),
            }),
          );
          for (const core of [original, copy]) {
            core.run([TERMS]);
            live(core, first, 'a');
          }
          const { size } = copy.tip();
          live(original, tail, 'b');
          copy.openEpoch({ origin: SECOND, reason: 'rolledBack', members: {} });
          live(copy, between, 'c');
          const entries = entriesOf(original, size, 1);
          copy.restore({ origin: ORIGIN, start: size, entries });
          copy.run([{ type: 'rights', change: { type: 'thaw', reason: 'recovered' } }]);
          live(copy, after, 'd');
          const all = [...entriesOf(original, 0, 1), ...entriesOf(copy, 0, 2)];
          for (const [grantId, amount] of takenIn(all)) t.ok(amount <= 10, `${grantId}: ${amount}`);
          copy.close();
          const lives = ['a', 'b', 'c', 'd'];
          const kept = new SqliteStore(path);
          t.strictSame(
            rowsOf((await rebuilt(path)).view.rights, lives),
            rowsOf(kept.view.rights, lives),
          );
          kept.close();
          folder.remove();
        },
      ),
      { numRuns: 12 },
    );
  },
);

void t.test('all tables are named on the first page, which the doctor can replace', (t) => {
  const folder = freshFolder();
  const path = join(folder.path, 'ledger.db');
  new SqliteStore(path).close();
  // SQLite, file format 1.6: a table's page that has no pages below it is of type 13.
  t.equal(readFileSync(path)[100], 13);
  folder.remove();
  t.end();
});

void t.test('a grant that the log received and no row has is found', (t) => {
  const folder = freshFolder();
  const path = join(folder.path, 'ledger.db');
  const core = newCore(new SqliteStore(path));
  core.run([commandOf({ what: 'grant', id: 0, amount: 1 }, 'a')]);
  core.close();
  const ref = { epoch: 1, index: 1 };
  const isTold = (): boolean | undefined => {
    const salvage = must(LedgerSalvage.look(path), 'the file is whole');
    const { leaf } = must(salvage.entry(ref), 'the entry is there');
    const told = salvage.derived()?.tells({ leaf, leafHash: leafHash(leaf) }, ref);
    salvage.close();
    return told;
  };
  t.equal(isTold(), true);
  const database = openForWriting(path);
  database.exec('DELETE FROM rights_grants');
  database.close();
  t.equal(isTold(), false);
  folder.remove();
  t.end();
});
