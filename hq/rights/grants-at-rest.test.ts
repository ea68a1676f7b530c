/**
 * Goal: the desk keeps no grant at rest in memory, and answers what is said again of one as it did
 * before. Method: the desk over fakes that say which grants came to rest, as the projection does.
 */
import t from 'tap';
import { Headquarters, POOL, S1, issue } from './fixtures/memory-headquarters.ts';
import type { RightsDesk } from './rights-desk.ts';

/** All of `a` is drawn, and the projection says that it is at rest. */
async function atRest(hq: Headquarters): Promise<RightsDesk> {
  const desk = hq.desk();
  await desk.setSupply('acme', POOL, 10);
  await issue(desk, 'a', 4);
  hq.says('s1', { event: 'received', grantId: 'a', amount: 4 });
  hq.says('s1', { event: 'drawn', grantId: 'a', amount: 4, key: 't-1' });
  hq.atRest.push({ grantId: 'a', pool: POOL, ...S1, amount: 4, ends: null });
  return desk;
}

/** What a start reads of it. */
function addUp(hq: Headquarters): void {
  hq.facts.length = 0;
  hq.says('s1', { event: 'rested', amount: 4 });
}

void t.test('a grant at rest is no more than what was drawn of it', async (t) => {
  const hq = new Headquarters();
  let desk = await atRest(hq);
  const known = { available: 6, outstanding: 4, spent: 4 };
  t.match(await desk.pool('acme', POOL), { ...known, grants: [{ grantId: 'a', drawn: 4 }] });
  hq.rested.push({ chain: 'acme', pool: POOL, grantId: 'a' });
  t.match(await desk.pool('acme', POOL), { ...known, grants: [] }, 'while it runs');
  addUp(hq);
  desk = hq.desk();
  t.match(await desk.pool('acme', POOL), { ...known, grants: [] }, 'after a start');
  hq.tell({ chain: 'acme', store: 's1' });
  t.match(await desk.pool('acme', POOL), { ...known, grants: [] }, 'when others publish');
  hq.feed('s1').push({
    ...{ op: 'put', collection: 'grant', id: 'a' },
    document: { grantId: 'a', holder: 'g1', pool: POOL, amount: 5 },
  });
  hq.tell({ chain: 'acme', store: 's1' });
  t.match(await desk.pool('acme', POOL), { available: 1 }, 'another of that name counts by itself');
});

void t.test('what is said again of a grant at rest is answered as it was', async (t) => {
  const hq = new Headquarters();
  await atRest(hq);
  addUp(hq);
  const desk = hq.desk();
  t.match(await issue(desk, 'a', 4), { isNew: false });
  for (const [amount, holder] of [[5, S1], [4, { store: 's2', gateway: 'g1' }]] as const) {
    await t.rejects(issue(desk, 'a', amount, holder), { code: 'RIGHTS_ID_TAKEN' });
  } // prettier-ignore
  const ends = {
    grantId: 'a',
    pool: POOL,
    holder: S1,
    amount: 4,
    expiresAt: '2026-01-01T00:00:00Z',
  };
  await t.rejects(desk.issue('acme', ends), { code: 'RIGHTS_ID_TAKEN' });
  t.strictSame(await desk.recall('acme', 'a'), { isNew: false });
  await t.rejects(desk.recall('acme', 'b'), { code: 'RIGHTS_GRANT_UNKNOWN' });
  t.equal(hq.grants('s1').length, 1, 'nothing was published');
});

void t.test('a question whose answer is at rest is not answered again', async (t) => {
  const hq = new Headquarters();
  let desk = hq.desk();
  await desk.setSupply('acme', POOL, 10);
  hq.says('s1', { event: 'requested', amount: 4 });
  await desk.tick();
  const [grant] = hq.grants('s1');
  t.match(grant, { amount: 4 });
  const grantId = grant?.grantId ?? '';
  hq.says('s1', { event: 'rested', amount: 4 });
  hq.atRest.push({ grantId, pool: POOL, ...S1, amount: 4, ends: null });
  desk = hq.desk();
  await desk.tick();
  t.equal(hq.grants('s1').length, 1);
  t.match(await desk.pool('acme', POOL), { available: 6, spent: 4, grants: [] });
});

void t.test('tables that are made again do not say what is at rest in others', async (t) => {
  const hq = new Headquarters();
  await atRest(hq);
  addUp(hq);
  const desk = hq.desk();
  t.match(await desk.pool('acme', POOL), { grants: [] });
  hq.tables = 'made again';
  hq.atRest.length = 0;
  hq.facts.length = 0;
  await t.rejects(issue(desk, 'a', 6, { store: 's2', gateway: 'g1' }), {
    ...{ code: 'RIGHTS_LOCKED', retryable: true },
  });
  await t.rejects(issue(desk, 'a', 6, { store: 's2', gateway: 'g1' }), { code: 'RIGHTS_ID_TAKEN' });
  t.match(await desk.pool('acme', POOL), { grants: [{ grantId: 'a', amount: 4 }] });
});
