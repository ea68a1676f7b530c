/**
 * Goal: the desk answers only what is durable, the same id the same, nothing while it is locked, and
 * what gateways ask for by itself. Method: the desk over fakes that keep feeds, own log and facts in
 * memory, which a restart or a restore opens again.
 */
import t from 'tap';
import type { Coupon } from '../../protocol/feed/documents.ts';
import { Headquarters, POOL, S1, issue, promise } from './fixtures/memory-headquarters.ts';

void t.test('many at once stay within the supply, also over a restart', async (t) => {
  const hq = new Headquarters();
  let desk = hq.desk();
  await desk.setSupply('acme', POOL, 10);
  const outcomes = await Promise.allSettled([
    ...Array.from({ length: 6 }, (_, i) => issue(desk, `g${i}`, 2)),
    ...Array.from({ length: 6 }, (_, i) => promise(desk, `p${i}`, 1)),
  ]);
  t.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 5);
  t.match(outcomes[6], { reason: { code: 'RIGHTS_EXCEED_SUPPLY' } });
  desk = hq.desk();
  await t.rejects(issue(desk, 'more', 1), { code: 'RIGHTS_EXCEED_SUPPLY' });
  t.match(await issue(desk, 'g0', 2), { isNew: false });
  await t.rejects(issue(desk, 'g0', 3), { code: 'RIGHTS_ID_TAKEN' });
  t.match(await desk.pool('acme', POOL), { supply: 10, available: 0, outstanding: 10 });
});

void t.test('who is not enrolled or is fenced holds nothing', async (t) => {
  const hq = new Headquarters();
  const desk = hq.desk();
  await desk.setSupply('acme', POOL, 10);
  const stranger = { store: 's9', gateway: 'g1' };
  await t.rejects(issue(desk, 'a', 1, stranger), { code: 'RIGHTS_HOLDER_UNKNOWN' });
  await issue(desk, 'a', 10);
  const why = { by: 'ann', reason: 'fire' };
  await t.rejects(desk.fence('acme', { store: 's9', gateway: undefined }, why), {
    code: 'RIGHTS_HOLDER_UNKNOWN',
  });
  const fenced = { isNew: true, fenced: ['s1/g1'] };
  t.match(await desk.fence('acme', { store: 's1', gateway: undefined }, why), fenced);
  t.match(await desk.fence('acme', S1, why), { isNew: false });
  await t.rejects(issue(desk, 'b', 1), { code: 'RIGHTS_HOLDER_FENCED' });
  t.match(await promise(hq.desk(), 'p', 10), { state: 'open', isNew: true });
});

void t.test(
  'what a fenced gateway spent counts, also right after a start and in new tables',
  async (t) => {
    const hq = new Headquarters();
    let desk = hq.desk();
    await desk.setSupply('acme', POOL, 10);
    await issue(desk, 'a', 10);
    hq.says('s1', { event: 'drawn', grantId: 'a', amount: 6, key: 't-1' });
    await desk.fence('acme', S1, { by: 'ann', reason: 'fire' });
    desk = hq.desk();
    await t.rejects(promise(desk, 'p', 5), { code: 'RIGHTS_EXCEED_SUPPLY', message: /^4 / });
    hq.tables = 'made again';
    await desk.tick();
    t.match(await desk.pool('acme', POOL), { available: 4, spent: 6 });
    await promise(desk, 'p', 4);
  },
);

void t.test('a promise ends once, and its units can be promised again', async (t) => {
  const hq = new Headquarters();
  const desk = hq.desk();
  await desk.setSupply('acme', POOL, 3);
  t.match(await promise(desk, 'p', 3), { isNew: true, state: 'open' });
  t.match(await promise(hq.desk(), 'p', 3), { isNew: false });
  await t.rejects(issue(desk, 'a', 1), { code: 'RIGHTS_EXCEED_SUPPLY' });
  t.match(await desk.end('acme', 'p', 'released'), { isNew: true, state: 'released' });
  t.match(await desk.end('acme', 'p', 'released'), { isNew: false });
  await t.rejects(desk.end('acme', 'p', 'collected'), { code: 'RIGHTS_PROMISE_SETTLED' });
  await t.rejects(desk.end('acme', 'q', 'released'), { code: 'RIGHTS_PROMISE_UNKNOWN' });
  t.match(
    await issue(desk, 'a', 3),
    { isNew: true },
    'what is online comes back when it is needed',
  );
});

void t.test('nothing is promised from what no gateway holds', async (t) => {
  const hq = new Headquarters();
  const desk = hq.desk();
  await desk.setSupply('acme', POOL, 3);
  hq.isMirrored = false;
  await t.rejects(promise(desk, 'p', 2), { code: 'RIGHTS_NOT_MIRRORED' });
  await t.rejects(desk.spend('acme', 'p'), { code: 'RIGHTS_PROMISE_UNKNOWN' });
  hq.isMirrored = true;
  t.match(await promise(desk, 'p', 2), { isNew: true });
  await t.rejects(promise(desk, 'q', 2), { code: 'RIGHTS_EXCEED_SUPPLY' });
});

void t.test('what cannot be kept is not answered, and does not count', async (t) => {
  const hq = new Headquarters();
  const desk = hq.desk();
  await desk.setSupply('acme', POOL, 3);
  hq.isFull = true;
  await t.rejects(issue(desk, 'a', 3), { code: 'HQ_CUSTODY_FULL' });
  hq.isFull = false;
  t.match(await issue(desk, 'b', 3), { isNew: true });
});

void t.test('after a start nothing is handed out for a while', async (t) => {
  const hq = new Headquarters();
  const desk = hq.desk(60_000);
  await desk.setSupply('acme', POOL, 3);
  await t.rejects(issue(desk, 'a', 1), { code: 'RIGHTS_LOCKED', retryable: true });
  await t.rejects(promise(desk, 'p', 1), { code: 'RIGHTS_LOCKED' });
  await t.rejects(desk.setSupply('acme', POOL, 2), { code: 'RIGHTS_LOCKED' });
  t.match(await desk.pools(undefined), [{ lock: { isLocked: true, settlesInSeconds: 60 } }]);
  hq.nowMs += 60_000;
  await issue(desk, 'a', 1);
  await t.rejects(issue(hq.desk(Infinity), 'b', 1), { message: /does not run/ });
});

void t.test('after a restore everybody has to report first', async (t) => {
  const hq = new Headquarters();
  const before = hq.desk();
  await before.setSupply('acme', POOL, 10);
  await promise(before, 'p', 2);
  // The copy had neither of these two, but s1 had received the grant.
  hq.says('s1', { event: 'received', grantId: 'lost', amount: 4 });
  hq.life = { incarnation: '0b'.repeat(16), isRestored: true };
  const desk = hq.desk();
  await t.rejects(issue(desk, 'a', 1), { code: 'RIGHTS_LOCKED', message: /s1\/g1, s2\/g1/ });
  await desk.reported({ chain: 'acme', ...S1 });
  await desk.reported({ chain: 'acme', ...S1 });
  t.equal(hq.own.filter(({ event }) => event.event === 'reported').length, 1);
  await t.rejects(issue(hq.desk(), 'a', 1), { code: 'RIGHTS_LOCKED', message: /for s2\/g1 to/ });
  await desk.fence('acme', { store: 's2', gateway: 'g1' }, { by: 'ann', reason: 'fire' });
  await t.rejects(issue(desk, 'a', 5), { code: 'RIGHTS_EXCEED_SUPPLY', message: /^4 / });
  await issue(desk, 'a', 4);
  t.match(await desk.end('acme', 'p', 'released'), { state: 'released' });
  await t.rejects(
    promise(desk, 'q', 1),
    { code: 'RIGHTS_EXCEED_SUPPLY' },
    'it may be released twice',
  );
});

void t.test('a question is answered with a grant, once', async (t) => {
  const hq = new Headquarters();
  const desk = hq.desk();
  await desk.setSupply('acme', POOL, 10);
  hq.says('s1', { event: 'requested', amount: 4 });
  await desk.tick();
  await desk.tick();
  await hq.desk().tick();
  t.match(hq.grants('s1'), [{ holder: 'g1', pool: POOL, amount: 4 }]);
});

void t.test('where there is too little, what others hold is recalled first', async (t) => {
  const hq = new Headquarters();
  const desk = hq.desk();
  await desk.setSupply('acme', POOL, 10);
  await issue(desk, 'a', 8);
  hq.says('s1', { event: 'drawn', grantId: 'a', amount: 3, key: 't-1' });
  hq.says('s2', { event: 'requested', amount: 6 });
  await desk.tick();
  await desk.tick();
  t.match(hq.grants('s1'), [{ grantId: 'a' }, { grantId: 'a', recall: true }]);
  t.strictSame(hq.grants('s2'), []);
  hq.says('s1', { event: 'returned', grantId: 'a', amount: 5 });
  await desk.tick();
  t.match(hq.grants('s2'), [{ amount: 6 }]);
  t.match(await desk.pool('acme', POOL), { available: 1, spent: 3 });

  hq.says('s1', { event: 'requested', amount: 5 });
  await desk.tick();
  hq.nowMs += 30_000;
  await desk.tick();
  t.match(hq.grants('s1').at(-1), { amount: 1 }, 'who does not answer is not waited for');
});

void t.test('what others earned is asked for too', async (t) => {
  const hq = new Headquarters();
  const desk = hq.desk();
  hq.says('s1', { event: 'credited', amount: 7, key: 't-1' });
  hq.says('s2', { event: 'requested', amount: 5 });
  await desk.tick();
  t.match(hq.grants('s1'), [{ grantId: /^own:/, holder: 'g1', pool: POOL, recall: true }]);
  hq.says('s1', { event: 'returned', grantId: 'own', amount: 7 });
  await desk.tick();
  t.match(hq.grants('s2'), [{ amount: 5 }]);
});

void t.test('a capped coupon has its supply when it is published', async (t) => {
  const hq = new Headquarters();
  const desk = hq.desk();
  await desk.tick();
  const coupon: Coupon = {
    couponId: 'ten',
    names: { en: 'Ten' },
    rate: { value: 1, scale: 1 },
    cap: 9,
  };
  const publish = (document: Coupon): void => {
    hq.feed(undefined).push({ op: 'put', collection: 'coupon', id: 'ten', document });
    hq.tell({ chain: 'acme' });
  };
  publish(coupon);
  await desk.tick();
  t.match(await desk.pool('acme', 'coupon:ten'), { supply: 9 });
  hq.says('s1', { event: 'requested', pool: 'coupon:ten', amount: 9 });
  await desk.tick();
  t.match(hq.grants('s1'), [{ amount: 5 }], 'one store does not get a whole campaign');
  publish({ ...coupon, cap: 4 });
  await desk.tick();
  await desk.tick();
  t.match(await desk.pool('acme', 'coupon:ten'), { supply: 9 });
  t.equal(hq.warnings.length, 1);
  const code = { grantId: 'c', pool: 'coupon:once/X1', holder: S1, amount: 1 };
  t.match(await desk.issue('acme', code), { isNew: true });
  await t.rejects(desk.issue('acme', { ...code, grantId: 'd' }), { code: 'RIGHTS_EXCEED_SUPPLY' });
});
