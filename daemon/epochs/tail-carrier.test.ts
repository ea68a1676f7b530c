/**
 * Goal: what a log that was left says of rights is written again, and counts once at both ends. Method:
 * the ledger in memory, and headquarters' book over what both logs say.
 */
import t from 'tap';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { must } from '../../protocol/must.ts';
import { PoolBook } from '../../protocol/rights/pool-book.ts';
import { stockPool } from '../../protocol/rights/pool.ts';
import { rightFactsOf } from '../../protocol/rights/right-fact.ts';
import { spendable } from '../../protocol/rights/spend-rights.ts';
import type { RightsChange } from '../../protocol/rights/holder.ts';
import { newCore, ORIGIN } from '../ledger/ledger-fixtures.ts';
import { MemoryStore } from '../ledger/memory-store.ts';
import { carryOver } from './tail-carrier.ts';

const POOL = stockPool('s1', 'milk');
const SECOND = ORIGIN.replace('e1', 'e2-01234567');
const GRANT = { grantId: 'k', holder: 'g1', pool: POOL, amount: 10 };

void t.test('promises and returns are carried over, and count once', (t) => {
  const core = newCore(new MemoryStore());
  const say = (change: RightsChange): void => {
    core.run([{ type: 'rights', change }]);
  };
  say({ type: 'grant', grant: GRANT });
  say({ type: 'hold', reservationId: 'a', pool: POOL, amount: 3 });
  say({ type: 'hold', reservationId: 'b', pool: POOL, amount: 2 });
  say({ type: 'release', reservationId: 'b', reason: 'cancelled' });
  say({ type: 'collect', reservationId: 'a' });
  say({ type: 'grant', grant: { ...GRANT, recall: true } });
  const left = core.tip().size;
  core.openEpoch({ origin: SECOND, reason: 'fork', members: {} });
  say({ type: 'thaw', reason: 'recovered' });
  const before = spendable(POOL, core.view.rights);

  const from = {
    origin: ORIGIN,
    entry: (index: number) => core.view.leaf({ epoch: 1, index }),
    blob: () => undefined,
  };
  const commands = Array.from({ length: left }, (_, index) => carryOver(from, index)).filter(
    (command) => command !== undefined,
  );
  const events = commands.map(({ members }) => members['event']);
  t.strictSame(events, ['held', 'held', 'released', 'collected', 'returned', 'returned']);
  t.match(commands[0]?.members['carriedFrom'], { origin: ORIGIN });
  core.run(commands);
  t.equal(spendable(POOL, core.view.rights), before, 'no right comes or goes by it');

  const bookOf = (epochs: readonly number[]): PoolBook => {
    const book = new PoolBook('0'.repeat(32));
    book.takeChange(undefined, {
      ...{ op: 'put', collection: 'supply', id: POOL },
      document: { pool: POOL, amount: 10 },
    });
    const put = { op: 'put', collection: 'grant', id: 'k', document: GRANT } as const;
    book.takeChange('s1', put);
    for (const { epoch, origin, size } of core.view.epochs()) {
      if (!epochs.includes(epoch)) continue;
      for (let index = 0; index < size; index++) {
        const leaf = must(core.view.leaf({ epoch, index }), 'it is there');
        const header = decodeEntry(leaf).header as unknown as Record<string, unknown>;
        const place = { origin, index, chain: 'acme', store: 's1', gateway: 'g1' };
        for (const fact of rightFactsOf({ ...place, header })) book.takeFact(fact);
      }
    }
    return book;
  };
  const [whole, later, both] = [[1], [2], [1, 2]].map((epochs) =>
    must(bookOf(epochs).pool(POOL), 'it has a supply').available(),
  );
  t.equal(whole, 7, 'three are promised for good');
  t.strictSame([later, both], [whole, whole], 'one log, the other, or both');
  t.end();
});
