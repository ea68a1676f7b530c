/**
 * Goal: what a log that went back or was copied does to grants, seen from the outside. A disk goes
 * back: nothing is spent until headquarters gave back what is missing, sales go on, and both epochs
 * together spend no more than was granted. Two copies spend the same grant while headquarters is
 * away: all of it is booked, nothing more is spent, and the excess is one conflict with both sides.
 * A gateway that joined nobody and went back: what customers earned there stays frozen until a person
 * says that nobody can send back what is missing. Real processes and tills over MQTT.
 */
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { must } from '../../protocol/must.ts';
import type { ConflictList } from '../../protocol/conflicts/shown-conflict.ts';
import { askGateway } from '../support/chain-processes.ts';
import { expectAllAtHq, expectTotals, settled } from '../support/chain-under-test.ts';
import { answerOf, copyHome, putBack, secondMachine, tillOf } from '../support/copied-home.ts';
import {
  chainWithGrants,
  conflictAt,
  COUPON,
  expectFrozen,
  expectSpent,
  expectThawed,
  POINTS,
} from '../support/granted-chain.ts';
import type { GrantedChain } from '../support/granted-chain.ts';
import { ownFolder } from '../support/own-folder.ts';
import { grantEntries } from '../support/grant-entries.ts';
import { spendingSale } from '../support/rights-till.ts';
import type { TillUnderTest } from '../support/till-under-test.ts';
import { GatewayUnderTest } from '../support/tillgate-process.ts';

t.setTimeout(280_000);

const SALE_MINOR = 1_000;

const coupon = { couponId: COUPON.couponId };
const accepted = { outcome: 'accepted' };
const refusedWith = (code: string): object => ({ outcome: 'rejected', errors: [{ code }] });

void t.test('a disk that went back spends nothing until its tail is back', async (t) => {
  // Beside the home, as on another medium: it does not go back with the disk.
  const head = join(t.testdirName, 'signed-head');
  const chain = await chainWithGrants(t, { gatewayConfig: { 'ledger.signedHeadFile': head } });
  const { hq, gateway, places, credential } = chain;
  const opened = async (): Promise<TillUnderTest> => {
    await gateway.start();
    return tillOf(t, gateway, credential);
  };
  let till = await tillOf(t, gateway, credential);
  t.match(await till.submit(spendingSale(1, { points: 20, coupon })), accepted);
  await expectAllAtHq(t, gateway);
  await gateway.stop();
  const copy = copyHome(gateway, 'before');

  till = await opened();
  const second = await till.submit(spendingSale(2, { points: 25, coupon }));
  t.match(second, { ...accepted, rights: { debits: [{ left: 0 }, { left: 15 }] } });
  await expectAllAtHq(t, gateway);
  await Promise.all([gateway.stop('SIGKILL'), hq.stop()]);
  putBack(gateway, copy);

  till = await opened();
  t.not((await gateway.status()).origin, second.origin, 'a new epoch');
  await expectFrozen(t, gateway, 'rolledBack');
  t.match(await till.submit(spendingSale(3, { points: 5 })), refusedWith('RIGHTS_FROZEN'));
  t.match(await till.submit(spendingSale(4, { coupon })), refusedWith('RIGHTS_FROZEN'));
  t.match(await till.submit(spendingSale(5)), accepted, 'a sale without rights');
  t.match(await till.submit(spendingSale(6, { pointsEarned: 7 })), accepted, 'and one that earns');

  await hq.start(places.mqtt?.port);
  await expectThawed(t, gateway);
  t.same(answerOf(await till.submit(spendingSale(2, { points: 25, coupon }))), answerOf(second));
  t.match(await till.submit(spendingSale(4, { coupon })), refusedWith('RIGHTS_LACKING'));
  const lacking = { ...refusedWith('RIGHTS_LACKING'), errors: [{ expected: 15 + 7, got: 23 }] };
  t.match(await till.submit(spendingSale(7, { points: 23 })), lacking);
  t.match(await till.submit(spendingSale(3, { points: 15 + 7 })), accepted, 'all that is left');
  t.match(await till.submit(spendingSale(8, { points: 1 })), refusedWith('RIGHTS_LACKING'));

  const frost = grantEntries(gateway.home).filter(({ event }) => /frozen|thawed/.test(event));
  t.match(frost, [
    { event: 'frozen', reason: 'rolledBack' },
    { event: 'thawed', reason: 'recovered' },
  ]);
  await expectAllAtHq(t, gateway);
  await expectSpent(t, chain, { ...POINTS, spent: POINTS.granted + 7 });
  await expectSpent(t, chain, { ...COUPON, spent: COUPON.granted });
  await expectTotals(t, hq, { sales: 5, sumMinor: 5 * SALE_MINOR });
  t.match(await conflictAt(hq.home, 'list'), { open: 0, decided: 0 }, 'nothing was spent twice');
});

/** Both copies spend what only one of them has, while headquarters is away. */
async function spendTwice(t: Test, tills: readonly TillUnderTest[]): Promise<void> {
  for (const [at, till] of tills.entries()) {
    const spends = { points: 40 + at, ...(at === 0 && { coupon }) };
    t.match(await till.submit(spendingSale(10 + at, spends)), accepted, 'nobody can know');
    t.match(
      await till.submit(spendingSale(20 + at, { points: 30 })),
      refusedWith('RIGHTS_LACKING'),
    );
    t.match(await till.submit(spendingSale(30 + at)), accepted);
  }
}

/** Everybody learns of the other copy: people by an alarm, tills by refusals. */
async function expectBothFrozen(
  t: Test,
  both: readonly GatewayUnderTest[],
  tills: readonly TillUnderTest[],
): Promise<void> {
  for (const [at, one] of both.entries()) {
    const status = await settled(
      () => one.status(),
      ({ alarms, recovery, rights }) =>
        alarms.some(({ code }) => code === 'LOG_FORKED') &&
        recovery === null &&
        rights.frozen !== null,
    );
    t.match(status, { alarms: [{ code: String }], recovery: null, grantsFrozen: true });
    const till = must(tills[at], 'a till for each');
    t.match(await till.submit(spendingSale(40 + at, { points: 1 })), refusedWith('RIGHTS_FROZEN'));
    t.match(await till.submit(spendingSale(50 + at)), accepted, 'sales go on');
  }
}

/** Said the same by commands and over HTTP, at headquarters and at both copies; nobody is fenced. */
async function expectOneOverdraft(
  t: Test,
  { hq, atHq }: GrantedChain,
  { both, http }: { both: readonly GatewayUnderTest[]; http: { host: string; port: number } },
): Promise<ConflictList> {
  const api = async (path: string): Promise<unknown> =>
    (await fetch(`http://${http.host}:${http.port}/api/${path}`)).json();
  const isListed = (found: ConflictList | undefined): boolean => found?.conflicts.length !== 0;
  const list = await settled(async () => (await api('conflicts')) as ConflictList, isListed);
  const conflictId = `overdraft:acme/${POINTS.pool}`;
  const found = {
    ...{ conflictId, rule: 'overdraft', datum: POINTS.pool },
    ...{ state: 'open', by: 'person', winner: null, decidedAt: 'headquarters' },
    consequence: `21 more than the 60 of grant ${POINTS.pool} is booked`,
  };
  t.match(list, { open: 1, decided: 0, conflicts: [found] });
  t.equal(list.conflicts.length, 1, 'one conflict');
  const sides = list.conflicts[0]?.sides ?? [];
  t.strictSame(sides.map(({ says }) => says).toSorted(), ['drew 40', 'drew 41']);
  t.equal(new Set(sides.map(({ origin }) => origin)).size, 2, 'a side for each log');
  const entries = [{ body: /"points":4[01]/ }, { body: /"points":4[01]/ }];
  const shown = { ...found, sides, entries };
  t.match(await api(`conflicts/${encodeURIComponent(conflictId)}`), shown);
  t.strictSame(await conflictAt(hq.home, 'list'), list);
  t.match(await conflictAt(hq.home, 'show', conflictId), shown);
  const here = { open: 1, conflicts: [{ ...found, sides }] };
  for (const { home } of both) {
    const read = () => askGateway(home, (control) => control.call('conflict.list', {}));
    t.match(await settled(read, isListed), here);
  }
  const { home } = must(both[0], 'the first copy');
  t.match(await conflictAt(home, 'list'), here);
  t.match(await conflictAt(home, 'show', conflictId), { ...found, sides });
  t.match(await atHq('pool.list', {}), { chains: [{ chain: 'acme', fenced: [] }] });
  return list;
}

void t.test('what two copies spent is booked, and the excess is one conflict', async (t) => {
  const chain = await chainWithGrants(t);
  const { hq, gateway, places, credential } = chain;
  const { origin } = await gateway.status();
  await expectAllAtHq(t, gateway);
  await gateway.stop();
  const copy = secondMachine(t, gateway, 'copy');
  await hq.stop();
  const both = [gateway, copy];
  await Promise.all(both.map((one) => one.start()));
  const tills = await Promise.all(both.map((one) => tillOf(t, one, credential)));
  await spendTwice(t, tills);
  const { http } = await hq.start(places.mqtt?.port);
  await expectBothFrozen(t, both, tills);
  for (const one of both) await expectAllAtHq(t, one);
  await expectTotals(t, hq, { sales: 6, sumMinor: 6 * SALE_MINOR });
  await expectSpent(t, chain, { ...POINTS, spent: 40 + 41 });
  await expectSpent(t, chain, { ...COUPON, spent: 1 });

  const list = await expectOneOverdraft(t, chain, { both, http });
  const { conflictId } = must(list.conflicts[0], 'there is one');

  // The one that goes on with its log has to learn what the epoch of the other one spent.
  const at = (await gateway.status()).origin === origin ? 0 : 1;
  const keeper = must(both[at], 'one goes on');
  const till = must(tills[at], 'its till');
  await must(both[1 - at], 'the other one').stop();
  await keeper.ok('alarm', 'clear', 'LOG_FORKED');
  await expectThawed(t, keeper);
  t.match(await till.submit(spendingSale(60, { points: 1 })), refusedWith('RIGHTS_LACKING'));
  t.match(await till.submit(spendingSale(61, { coupon })), accepted, 'what nobody spent is there');
  const note = ['--note', 'the customer pays 0.21', '--winner', '0'];
  await conflictAt(hq.home, 'resolve', conflictId, ...note);
  await expectAllAtHq(t, keeper);
  await expectSpent(t, chain, { ...COUPON, spent: 2 });
  const ended = { open: 0, decided: 1, conflicts: [{ conflictId, state: 'decided', winner: 0 }] };
  t.match(await conflictAt(hq.home, 'list'), ended, 'and no second one came of it');
});

void t.test('where nobody can send the tail back, a person ends the wait', async (t) => {
  const folder = ownFolder(t);
  const gateway = new GatewayUnderTest(folder);
  t.teardown(() => gateway.stop('SIGKILL'));
  await gateway.init();
  const head = join(folder, 'signed-head');
  await gateway.ok('config', 'set', 'ledger.signedHeadFile', head);
  const credential = await gateway.addDevice('till-1');
  await gateway.start();
  let till = await tillOf(t, gateway, credential);
  const earning = await till.submit(spendingSale(1, { pointsEarned: 50 }));
  t.match(earning, accepted);
  t.match(await till.submit(spendingSale(2, { points: 10 })), accepted, 'without headquarters too');
  await gateway.stop();
  const copy = copyHome(gateway, 'copy');
  await gateway.start();
  till = await tillOf(t, gateway, credential);
  t.match(await till.submit(spendingSale(3, { points: 30 })), accepted);
  await gateway.stop();
  putBack(gateway, copy);

  await gateway.start();
  await expectFrozen(t, gateway, 'rolledBack');
  t.match(await gateway.ok('status'), /^recovery .*no uplink to headquarters.*log give-up/m);
  till = await tillOf(t, gateway, credential);
  t.match(await till.submit(spendingSale(4, { points: 40 })), refusedWith('RIGHTS_FROZEN'));
  t.match(await till.submit(spendingSale(5)), accepted);
  const words = ['--reason', 'the disk was replaced', '--by', 'ann'];
  const { givenUp } = await gateway.json<{ givenUp: string[] }>('log', 'give-up', ...words);
  t.strictSame(givenUp, [earning.origin]);
  await expectThawed(t, gateway);
  t.match(await till.submit(spendingSale(4, { points: 40 })), accepted, 'what is here is spent');
  t.match(await till.submit(spendingSale(6, { points: 1 })), refusedWith('RIGHTS_LACKING'));
  t.match(await gateway.json('log', 'give-up', ...words), { givenUp: [] });

  // Said once, it holds over a kill.
  await gateway.stop('SIGKILL');
  await gateway.start();
  await expectThawed(t, gateway);
  t.match(await gateway.json('log', 'verify'), { valid: true });
});
