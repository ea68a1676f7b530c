/**
 * The part of custody-contract.ts about incarnations, and about cursors that a restore has made
 * foreign. Not part of the product.
 */
import type { Test } from 'tap';
import type { Life } from './custody.ts';
import { admitSample, keepSample, sample, sampleAppend } from './contract-samples.ts';
import type { CustodyUnderTest } from './contract-samples.ts';

export async function lives(t: Test, c: CustodyUnderTest): Promise<void> {
  const log = sample(6);
  const first = await c.open();
  const before = first.incarnation;
  t.match(before, /^[0-9a-f]{32}$/);
  t.same(await first.lives(), []);
  const begun: Life = { incarnation: before, previous: null, reason: 'begun', beganAtMs: 5 };
  await first.beginLife(begun);
  t.equal(first.incarnation, before);
  await admitSample(first, log);
  await keepSample(first, log, [3]);
  const { cursor } = await first.tail(null);
  const incarnation = 'ab'.repeat(16);
  const restored: Life = { incarnation, previous: before, reason: 'restored', beganAtMs: 7 };
  await first.beginLife(restored);
  t.equal(first.incarnation, incarnation);
  await first.append(sampleAppend(log, 3, 6));
  await first.close();
  for (const custody of [await c.open(), await c.openReader()]) {
    t.equal(custody.incarnation, incarnation);
    t.same(await custody.lives(), [begun, restored]);
    t.equal(await custody.covers(cursor), true);
    await custody.close();
  }
}

/** As after a restore: the same custody, filled again in another way. */
export async function foreignCursors(t: Test, c: CustodyUnderTest): Promise<void> {
  const log = sample(6);
  const custody = await c.open();
  await admitSample(custody, log);
  await keepSample(custody, log, [3, 6]);
  const half = await custody.tail(null);
  const { cursor } = await custody.tail(half.cursor);
  t.equal(await custody.covers(cursor), true);
  // The last part of a cursor names the bytes before it.
  const last = cursor.slice(-1);
  t.equal(await custody.covers(cursor.slice(0, -1) + (last === '1' ? '2' : '1')), false);
  await custody.close();
}
