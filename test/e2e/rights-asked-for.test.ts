/**
 * Goal: a till that wants to spend what its gateway does not hold gets it without a person: the sale
 * is refused, the gateway asks, headquarters grants, the same sale is accepted; and a recall brings
 * back what is left, so that the online shop can spend it. Then an older copy takes the place of what
 * headquarters held: it hands nothing out before the gateway has shown that it holds a grant of which
 * the copy says nothing. Real processes, and a till over MQTT.
 */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { must } from '../../protocol/must.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { withHq } from '../../hq/control/with-hq.ts';
import type { HqCall } from '../../hq/control/hq-verbs.ts';
import {
  askGateway,
  initialiseHomes,
  joinHq,
  mqttOf,
  startGateway,
  startHq,
} from '../support/chain-processes.ts';
import { publishAtHome } from '../support/rights-in-feeds.ts';
import { settleRights } from '../support/rights-settling.ts';
import { spendingSale } from '../support/rights-till.ts';
import { TillUnderTest } from '../support/till-under-test.ts';
import { ownFolder } from '../support/own-folder.ts';
import { until } from '../support/until.ts';

t.setTimeout(240_000);

/** Tells the addresses of this suite from those of others. */
const NUMBER = 103;
const POOL = 'points:m-1';

/** What issuing comes to when headquarters hands out again; the lock itself where it never does. */
async function onceUnlocked(issue: () => Promise<unknown>): Promise<string> {
  let answer = '';
  await until(async () => {
    answer = await issue().then(() => 'issued', codeOf);
    return answer !== 'RIGHTS_LOCKED';
  });
  return answer;
}

void t.test('what a till lacks comes from headquarters by itself', async (t) => {
  const folder = ownFolder(t);
  const homes = { gateway: join(folder, 'gateway'), hq: join(folder, 'hq') };
  await initialiseHomes(homes, NUMBER);
  settleRights(homes.hq, 0);
  await publishAtHome(homes.hq, { chain: 'acme' }, [['member', { memberId: 'm-1' }]]);
  let hq = startHq(homes.hq);
  const gateway = startGateway(homes.gateway);
  const tills: TillUnderTest[] = [];
  // The processes first: whatever becomes of the till, nobody writes into the folder any more.
  t.teardown(async () => {
    await Promise.all([hq.end(), gateway.end()]);
    await Promise.all(tills.map((one) => one.end()));
  });
  const at = mqttOf((await gateway.ready()) ?? {});
  await hq.ready();
  const atHq: HqCall = (verb, params) =>
    withHq({ home: homes.hq, clock: systemClock }, (call) => call(verb, params));
  await atHq('pool.set', { pool: POOL, amount: 100 });
  await joinHq(homes);
  const who = await askGateway(homes.gateway, (control) =>
    control.call('device.add', { deviceId: 'till-1', role: 'till' }),
  );
  const till = await TillUnderTest.connect(at, must(who, 'it answers'));
  tills.push(till);

  t.match(await till.submit(spendingSale(1, { points: 60 })), {
    outcome: 'rejected',
    errors: [{ code: 'RIGHTS_LACKING' }],
  });
  const sold = await until(
    async () => (await till.submit(spendingSale(1, { points: 60 }))).outcome === 'accepted',
  );
  t.ok(sold, 'the same sale is accepted once the grant has come');

  const { grants } = await atHq('pool.show', { pool: POOL });
  const [grant] = grants.filter(({ holder }) => holder === 's0417/g1');
  t.match(grant, { amount: 60 });
  t.ok(await until(async () => (await atHq('pool.show', { pool: POOL })).spent === 60));
  await atHq('grant.recall', { grantId: must(grant, 'there is one').grantId });
  const settled = await until(async () => {
    const pool = await atHq('pool.show', { pool: POOL });
    return pool.available === 40 && pool.grants.every(({ state }) => state === 'settled');
  });
  t.ok(settled, 'the grant goes back, empty');

  const custody = join(homes.hq, 'custody');
  cpSync(custody, join(folder, 'copy'), { recursive: true });
  const grantOf = async (id: string) =>
    (await atHq('pool.show', { pool: POOL })).grants.find(({ grantId }) => grantId === id);
  const more = { pool: POOL, store: 's0417', gateway: 'g1' };
  await atHq('grant.issue', { ...more, grantId: 'after-the-copy', amount: 30 });
  const holds = (rest: number) => async (): Promise<boolean> => {
    const { holders } = await atHq('pool.show', { pool: POOL });
    return holders.some((one) => one.holder === 's0417/g1' && one.rest === rest);
  };
  t.ok(await until(async () => (await grantOf('after-the-copy'))?.state === 'open'), 'it is there');
  await hq.end();
  rmSync(custody, { recursive: true });
  cpSync(join(folder, 'copy'), custody, { recursive: true });
  settleRights(homes.hq, 5);
  hq = startHq(homes.hq);
  await hq.ready();
  const tooMuch = { ...more, grantId: 'too-much', amount: 11 };
  const refusal = await onceUnlocked(() => atHq('grant.issue', tooMuch));
  t.not(refusal, 'RIGHTS_LOCKED', 'it comes to hand out again');
  t.equal(refusal, 'RIGHTS_EXCEED_SUPPLY', 'and knows of what the copy did not say');
  t.ok(await holds(30)());
  t.match(await atHq('grant.issue', { ...tooMuch, amount: 10 }), { isNew: true });
});

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error);
