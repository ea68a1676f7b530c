/**
 * Goal: a log that is not what somebody holds a signature over is found out, and nothing else is.
 * Method: heads taken from a log as it grows, held against that log, shorter ones and other ones.
 */
import t from 'tap';
import { rootAt } from '../../protocol/log/merkle.ts';
import { detectRollback, type KnownHead } from './epoch.ts';
import type { LedgerCore } from './ledger-core.ts';
import { newCore, ORIGIN, sale } from './ledger-fixtures.ts';
import { MemoryStore } from './memory-store.ts';

function grown(names: readonly string[]): LedgerCore {
  const core = newCore(new MemoryStore());
  for (const name of names) core.run([sale(name)]);
  return core;
}

function headOf(core: LedgerCore, size = core.tip().size): KnownHead {
  return { origin: ORIGIN, size, root: rootAt(size, core.view.nodes(1)), from: 'signedHead' };
}

void t.test('every head that was signed on the way is a prefix', (t) => {
  const core = grown(['a', 'b', 'c', 'd', 'e']);
  const heads = [0, 1, 2, 3, 4, 5, 6].map((size) => headOf(core, size));
  t.strictSame(detectRollback(heads, core.view), { verdict: 'consistent' });
  t.strictSame(detectRollback([], core.view), { verdict: 'consistent' });
  t.end();
});

void t.test('a log shorter than a head was rolled back', (t) => {
  const head = headOf(grown(['a', 'b', 'c']));
  const restored = grown(['a', 'b']);
  t.match(detectRollback([head], restored.view), { verdict: 'shorter', size: 3, head });
  t.end();
});

void t.test('a log that went another way is different, however long it is', (t) => {
  const head = headOf(grown(['a', 'b', 'c']));
  const cloned = grown(['a', 'b', 'x', 'y', 'z']);
  t.match(detectRollback([head], cloned.view), { verdict: 'different', head });
  t.end();
});

void t.test('a head of an origin that this ledger never had is said so', (t) => {
  const core = grown(['a']);
  const head = { ...headOf(core), origin: 'shop.example/acme/s0417/g1/e3-01234567' };
  t.match(detectRollback([head], core.view), { verdict: 'unknownOrigin' });
  t.end();
});

void t.test('heads of earlier epochs are held against those epochs', (t) => {
  const core = grown(['a', 'b']);
  const head = headOf(core);
  const origin = 'shop.example/acme/s0417/g1/e2-01234567';
  core.openEpoch({ origin, reason: 'fork', members: {} });
  t.strictSame(detectRollback([head], core.view), { verdict: 'consistent' });
  t.end();
});
