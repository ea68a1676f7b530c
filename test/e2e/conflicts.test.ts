/**
 * Goal: two gateways of one store accept other content under one id; headquarters finds it, everybody
 * lists it, a person at headquarters ends it and the stores hear of that. Both take one single-use code
 * that they may take without a right; the later one owes it. Method: real processes, from the outside;
 * what one gateway decided by itself is listed at headquarters too.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { must } from '../../protocol/must.ts';
import type { ConflictList } from '../../protocol/conflicts/shown-conflict.ts';
import { askGateway } from '../support/chain-processes.ts';
import { settled, startChain } from '../support/chain-under-test.ts';
import type { ChainUnderTest } from '../support/chain-under-test.ts';
import { grantEntries } from '../support/grant-entries.ts';
import { sampleSale } from '../support/sample-sale.ts';
import { TillUnderTest } from '../support/till-under-test.ts';
import { GatewayUnderTest, tillgate } from '../support/tillgate-process.ts';

t.setTimeout(240_000);

/** A second gateway of the same store, running and enrolled, with a till. */
async function addGateway(t: Test, { hq }: ChainUnderTest) {
  const second = new GatewayUnderTest(join(t.testdirName, 'second'));
  t.teardown(() => second.stop('SIGKILL'));
  const names = ['--chain', 'acme', '--store', 's0417', '--gateway', 'g2'];
  const { verifierKey } = await second.json<{ verifierKey: string }>('init', ...names);
  const config = readFileSync(second.configFile, 'utf8');
  writeFileSync(second.configFile, config.replace(/port: (1883|9180)/g, 'port: 0'));
  const text = await hq.ok('store', 'add', '--verifier-key', verifierKey);
  const { mqtt } = await second.start();
  const credential = await askGateway(second.home, async (control) => {
    await control.call('enrolment.install', { text });
    return control.call('device.add', { deviceId: 'till-1', role: 'till' });
  });
  const till = await TillUnderTest.connect(mqtt, must(credential, 'the gateway answers'));
  t.teardown(() => till.end());
  return { second, till };
}

async function conflict(home: string, ...words: string[]) {
  const command = ['conflict', ...words, '--home', home, '--json'];
  const { exitCode, stdout, stderr } = await tillgate(command);
  return { exitCode, stderr, json: exitCode === 0 ? (JSON.parse(stdout) as unknown) : undefined };
}

/** Without a process for each look. */
async function atGateway(home: string): Promise<ConflictList['conflicts']> {
  const list = await askGateway(home, (control) => control.call('conflict.list', {}));
  return list?.conflicts ?? [];
}

const SECOND_CODE_ID = '01936a4e-2a1c-7c3e-9d63-000000000002';
const COUPON = {
  ...{ couponId: 'c1', names: { en: 'Once' }, rate: { value: 10, scale: 2 } },
  ...{ singleUse: true, withoutGrant: 3 },
};

/** A sale that uses the code. */
function couponSale(transactionId: string): string {
  const sale = JSON.parse(sampleSale({ transactionId })) as { lines: { discounts: object[] }[] };
  const [line] = sale.lines;
  must(line, 'a sale has a line').discounts = [{ amount: 10, couponId: 'c1', couponCode: 'X1' }];
  return JSON.stringify(sale);
}

async function useTwice(
  t: Test,
  { hq }: ChainUnderTest,
  tills: { till: TillUnderTest; other: TillUnderTest },
): Promise<void> {
  const file = join(t.testdirName, 'coupon.json');
  writeFileSync(file, JSON.stringify([COUPON]));
  await hq.ok('feed', 'publish', file, '--chain', 'acme');
  const uses = [
    [tills.till, SECOND_CODE_ID.replace(/2$/, '1')],
    [tills.other, SECOND_CODE_ID],
  ] as const;
  for (const [till, id] of uses) {
    // Refused until the coupon is known there, which is not final.
    const sold = await settled(
      () => till.submit(couponSale(id)),
      ({ outcome }) => outcome === 'accepted',
    );
    t.match(sold, { outcome: 'accepted' });
  }
}

/** What the gateways wrote that they owe. */
const compensations = (gateways: readonly GatewayUnderTest[]): object[] =>
  gateways.flatMap(({ home }) =>
    grantEntries(home).filter(({ event }) => event === 'compensation'),
  );

void t.test('one id, two gateways: found, listed everywhere, and ended once', async (t) => {
  const chain = await startChain(t);
  const { hq, gateway, places } = chain;
  const { second, till: other } = await addGateway(t, chain);
  const till = await chain.addTill('till-1');

  t.match(await till.submit(sampleSale()), { outcome: 'accepted' });
  t.match(await till.submit(sampleSale({ operatorId: 'op-8' })), { outcome: 'conflict' });
  t.match(await other.submit(sampleSale({ operatorId: 'op-9' })), { outcome: 'accepted' });

  const api = `http://${places.http.host}:${places.http.port}/api`;
  const read = async (path: string): Promise<unknown> => (await fetch(`${api}/${path}`)).json();
  const atHq = async (): Promise<ConflictList['conflicts']> =>
    ((await read('conflicts')) as ConflictList).conflicts;
  const isFound = (all: ConflictList['conflicts']): boolean =>
    all.some(({ rule }) => rule === 'firstAtHeadquarters');
  const found = { rule: 'firstAtHeadquarters', state: 'open', by: 'person' };
  const all = await settled(atHq, isFound);
  t.match(all, [found, { rule: 'firstStands', state: 'decided', winner: 0 }]);
  const { conflictId, sides } = all[0] ?? { conflictId: '', sides: [] };
  t.equal(sides.length, 2);
  for (const home of [gateway.home, second.home]) {
    const here = await settled(() => atGateway(home), isFound);
    t.match(here[0], { ...found, conflictId, sides, decidedAt: 'headquarters' });
  }
  t.match((await conflict(hq.home, 'list')).json, { open: 1, conflicts: [{ conflictId }] });
  t.match((await conflict(second.home, 'list')).json, { open: 1, conflicts: [{ conflictId }] });
  const shown = (await conflict(hq.home, 'show', conflictId)).json;
  t.match(shown, { entries: [{ body: /op-[79]/ }, { body: /op-[79]/ }], next: /resolve/ });
  t.match(await read('status'), { conflicts: { open: 1 }, alarms: [{ code: 'CONFLICT_OPEN' }] });

  const note = ['--note', 'booked by hand, the till was cloned'];
  const elsewhere = await conflict(second.home, 'resolve', conflictId, ...note);
  t.match(elsewhere, { exitCode: 1, stderr: /at headquarters[^]*Try:/ });
  const path = `conflicts/${encodeURIComponent(conflictId)}`;
  const nobody = await fetch(`${api}/${path}/resolve`, { method: 'POST' });
  t.equal(nobody.status, 401, 'not without the token');
  const ended = await conflict(hq.home, 'resolve', conflictId, ...note, '--winner', '1');
  t.match(ended, { exitCode: 0, json: { conflictId, entry: { index: Number } } });
  t.match(await read(path), { state: 'decided', winner: 1 });
  const isEnded = (list: ConflictList['conflicts']): boolean =>
    list.every(({ state }) => state === 'decided');
  for (const home of [gateway.home, second.home]) {
    const here = await settled(() => atGateway(home), isEnded);
    t.match(
      here.find(({ rule }) => rule === 'firstAtHeadquarters'),
      { state: 'decided', winner: 1, resolution: note[1] },
    );
  }
  await useTwice(t, chain, { till, other });
  const loser = 'couponTwice:acme/c1/X1/s0417/';
  const isUsed = (list: ConflictList['conflicts']): boolean =>
    list.some(({ conflictId: id }) => id.startsWith(loser));
  t.ok(isUsed(await settled(atHq, isUsed)), 'the code was used twice');
  t.match(await read('coupons/c1'), { coupons: [{ uses: 2, withoutRight: 2 }] });
  const owed = await settled(
    () => Promise.resolve(compensations([gateway, second])),
    (all) => all.length > 0,
  );
  t.match(owed, [{ event: 'compensation', pool: 'coupon:c1/X1', amount: 1 }], 'once');
  t.equal(owed.length, 1);
  const stock = await read('stock?store=s0417&item=85123A');
  t.match(stock, { stock: [{ onHand: '-18' }] }, 'what is not counted moves no stock');
});
