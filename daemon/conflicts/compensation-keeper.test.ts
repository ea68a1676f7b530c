/**
 * Goal: what headquarters decided against this gateway is written down once, also when the ledger
 * refuses for a while. Method: a keeper with documents and a ledger in memory.
 */
import t from 'tap';
import { TillgateError } from '../../protocol/errors.ts';
import type { ConflictDocument } from '../../protocol/feed/conflict-document.ts';
import { NO_FEEDS } from '../feeds/feed-status.ts';
import type { FeedsStatus } from '../feeds/feed-status.ts';
import { newCore } from '../ledger/ledger-fixtures.ts';
import { MemoryStore } from '../ledger/memory-store.ts';
import type { Append } from '../ledger/commands.ts';
import { readHeader } from '../ledger/reply.ts';
import { CompensationKeeper } from './compensation-keeper.ts';

const OWN = 'hq.example.com/acme/s2/g1/e1';

function document(key: string, loser: string): ConflictDocument {
  const side = (origin: string) => ({ origin, index: 1 });
  return {
    ...{ conflictId: `couponTwice:${key}`, rule: 'couponTwice', datum: 'coupon:c1/X1', winner: 0 },
    sides: [side('hq.example.com/acme/s1/g1/e1'), side(loser)],
  };
}

function status(size: number, conflicts: number): FeedsStatus {
  const head = {
    scope: 'store',
    origin: 'hq.example.com/acme/s2/hq/e1-0a1b2c3d',
    root: '',
  } as const;
  const counts = { waiting: 0, confirmedAt: null, quarantined: 0, newestQuarantined: [] };
  const documents = { conflict: conflicts };
  return { ...NO_FEEDS, feeds: [{ ...head, ...counts, size, documents }] };
}

void t.test('each is written once, and again after a failure', async (t) => {
  const core = newCore(new MemoryStore());
  let isFull = false;
  let later: (() => void) | undefined;
  const troubles: unknown[] = [];
  const documents: ConflictDocument[] = [];
  const newKeeper = (): CompensationKeeper =>
    new CompensationKeeper({
      documents: () => documents,
      isOwn: (origin) => origin === OWN,
      append: (command: Append) => {
        if (isFull) return Promise.reject(new TillgateError('LEDGER_DISK_FULL', 'full'));
        return Promise.resolve(core.run([command]));
      },
      schedule: (callback) => {
        later = callback;
        return () => (later = undefined);
      },
      onTrouble: (error) => troubles.push(error),
    });
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  const keeper = newKeeper();
  keeper.inForce(status(1, 0));
  documents.push(document('a', OWN), document('b', 'hq.example.com/acme/s3/g1/e1'));
  isFull = true;
  keeper.inForce(status(2, 2));
  await settle();
  t.match(troubles, [{ code: 'LEDGER_DISK_FULL' }]);
  t.equal(core.tip().size, 1);
  isFull = false;
  later?.();
  await settle();
  t.equal(core.tip().size, 2, 'its own alone');
  documents.push(document('c', OWN));
  keeper.inForce(status(3, 3));
  keeper.inForce(status(3, 3));
  await settle();
  await keeper.close();

  const anew = newKeeper();
  anew.inForce(status(3, 3));
  await settle();
  await anew.close();
  t.equal(core.tip().size, 3, 'after a restart nothing is written again');
  const leaf = core.view.leaf({ epoch: 1, index: 1 }) ?? new Uint8Array();
  t.match(readHeader(leaf), {
    ...{ kind: 'grant', event: 'compensation', conflictId: 'couponTwice:a' },
    ...{ rule: 'couponTwice', pool: 'coupon:c1/X1', amount: 1 },
  });
});
