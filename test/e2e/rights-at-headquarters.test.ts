/**
 * Goal: rights over the real process: supplies and grants by command, promises and spends over HTTP,
 * what a gateway's log asks for, all of it the same after a kill, nothing handed out right after a
 * start, and a fence that frees what a dead gateway held. The gateway is a log that custody holds.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { admitSample, sampleAppend } from '../../hq/custody/contract-samples.ts';
import { FileCustody } from '../../hq/custody/files/file-custody.ts';
import { encodeEntry, inlineBody } from '../../protocol/log/entry.ts';
import { SampleLog } from '../../protocol/replication/fixtures/sample-log.ts';
import { HeadquartersUnderTest } from '../support/headquarters-process.ts';
import { settleRights } from '../support/rights-settling.ts';
import { until } from '../support/until.ts';

t.setTimeout(240_000);

const ORIGIN = 'hq.example.com/acme/s1/g1/e1';
const POINTS = 'points:m-1';

type Answer = { status: number; body: Record<string, unknown> };

/** What a gateway that sold before would have sent: it asks for points, and earned some. */
async function keepLog(home: string): Promise<void> {
  const log = new SampleLog(ORIGIN);
  const say = (kind: string, members: object): void => {
    const clock = { wall: 0, monotonicMs: 0, bootId: 'b', source: 'system' };
    const times = { recordedAt: '2026-01-01T00:00:00.000Z', hlc: '000000000000000-00000' };
    const header = { v: 1, kind, index: log.size, ...times, clock, body: inlineBody() };
    log.append(encodeEntry({ ...header, ...members }));
  };
  say('epoch', { reason: 'new' });
  say('grant', { event: 'requested', pool: POINTS, amount: 30 });
  const custody = await FileCustody.openForWriting(join(home, 'custody'));
  await admitSample(custody, log);
  await custody.append(sampleAppend(log, 0, log.size));
  await custody.close();
}

/** No gateway is here to confirm anything. */
function expectNoMirror(home: string): void {
  const file = join(home, 'hq.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/mirrorSeconds: \d+/, 'mirrorSeconds: 0'));
}

async function headquartersFor(t: Test): Promise<HeadquartersUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-rights-'));
  const hq = new HeadquartersUnderTest(folder);
  t.teardown(async () => {
    await hq.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await hq.ok('init', '--domain', 'hq.example.com');
  settleRights(hq.home, 0);
  expectNoMirror(hq.home);
  await keepLog(hq.home);
  return hq;
}

/** Speaks to the running one. */
async function start(
  hq: HeadquartersUnderTest,
): Promise<(path: string, body?: object) => Promise<Answer>> {
  const { http } = await hq.start();
  const token = readFileSync(join(hq.home, 'keys', 'api-token'), 'utf8').trim();
  return async (path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const post = { method: 'POST', headers, body: JSON.stringify(body) };
    const url = `http://${http.host}:${http.port}${path}`;
    const answer = await fetch(url, body === undefined ? {} : post);
    return { status: answer.status, body: (await answer.json()) as Answer['body'] };
  };
}

void t.test('rights at a real headquarters', async (t) => {
  const hq = await headquartersFor(t);
  let ask = await start(hq);
  await hq.ok('pool', 'set', '--stock', 's1/tea', '--amount', '10');
  await hq.ok('pool', 'set', '--points', 'm-1', '--amount', '100');

  const quantity = { value: 25, scale: 1 };
  const promise = { promiseId: 'order-1', chain: 'acme', store: 's1', itemId: 'tea', quantity };
  const kept = { promiseId: 'order-1', pool: 'stock:s1/tea', amount: 2_500, state: 'open' };
  t.match(await ask('/api/promises', promise), { status: 201, body: kept });
  t.match(await ask('/api/promises', promise), { status: 200, body: kept });
  const more = { ...promise, promiseId: 'order-2', quantity: { value: 8, scale: 0 } };
  t.match(await ask('/api/promises', more), {
    status: 409,
    body: { code: 'RIGHTS_EXCEED_SUPPLY' },
  });
  const spend = { spendId: 'pay-1', pool: POINTS, amount: 20 };
  t.match(await ask('/api/spends', spend), { status: 201, body: { state: 'spent' } });
  t.match(await ask('/api/spends', { ...spend, amount: 21 }), { status: 409 });
  t.match(await ask('/api/spends', { ...spend, colour: 1 }), { status: 400 });

  const asked = await until(async () => {
    const { body } = await ask(`/api/pools/${POINTS}`);
    return JSON.stringify(body).includes('"holder":"s1/g1","rest":30');
  });
  t.ok(asked, 'what the gateway asked for is granted');

  const fence = ['store', 'fence', 'acme/s1/g1', '--reason', 'fire', '--by', 'ann'];
  t.match(await hq.json(...fence), { fenced: ['s1/g1'], isNew: true });
  t.match(await ask(`/api/pools/${POINTS}`), { body: { holders: [{ holder: /^online/ }] } });
  t.match(await hq.json('pool', 'list'), { chains: [{ chain: 'acme', fenced: ['s1/g1'] }] });

  // Whoever asks now does not wait for the tables.
  await hq.stop('SIGKILL');
  settleRights(hq.home, 3_600);
  ask = await start(hq);
  t.match(await ask('/api/promises/order-1'), { status: 200, body: kept });
  t.match(await ask('/api/promises', promise), { status: 200, body: kept });
  const locked = { status: 503, body: { code: 'RIGHTS_LOCKED' } };
  t.match(await ask('/api/promises', { ...more, quantity }), locked);
  t.match(await ask('/api/promises/order-1/release', {}), { body: { state: 'released' } });
  t.match(await ask('/api/promises/order-1/collect', {}), { status: 409 });
});
