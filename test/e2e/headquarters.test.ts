/**
 * Headquarters from outside: one store joins it and sells whatever a store can sell; what the tills
 * were told, what the commands report and what the HTTP API answers is one and the same, proofs
 * convince a verifier that is not ours, and a single changed byte in custody is found and named.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { must } from '../../protocol/must.ts';
import { expectAllAtHq, expectTotals, sellCash, startChain } from '../support/chain-under-test.ts';
import type { ChainUnderTest, Totals } from '../support/chain-under-test.ts';
import { buildGoSumdb } from '../support/go-sumdb.ts';
import type { HeadquartersUnderTest } from '../support/headquarters-process.ts';
import { cashSale, saleId } from '../support/till-under-test.ts';
import type { Answer, TillUnderTest } from '../support/till-under-test.ts';
import { tillgate } from '../support/tillgate-process.ts';

t.setTimeout(240_000);

/** Some 60 KiB as JSON, which the log keeps beside the leaf. */
const LARGE_LINES = 400;
const LARGE = 7;
const SIGNED = 21;

interface Sold {
  sales: number;
  sumMinor: number;
  large: Answer;
  signed: Answer;
  plain: Answer;
}

interface Reply {
  status: number;
  body: unknown;
}

interface EntryReply {
  entries: {
    origin: string;
    index: number;
    standing: string;
    total: string | number;
    lines: unknown[];
    proof: { text: string; verifierKey: string; leafHash: string; size: number };
  }[];
}

/** What a day brings: plain, large and signed sales, and three that count for nothing. */
async function sellEverything(t: Test, chain: ChainUnderTest): Promise<Sold> {
  const till = await chain.addTill('till-1');
  const signingTill = await chain.addTill('till-2', { signing: true });
  let sumMinor = await sellCash(till, { from: 1, to: 6 });
  const large = cashSale(LARGE, { totalMinor: 123_456, lineCount: LARGE_LINES });
  t.ok(Buffer.byteLength(large) > 32 * 1024, 'larger than a leaf takes');
  const largeAnswer = await till.submit(large);
  t.equal(largeAnswer.outcome, 'accepted');
  sumMinor += 123_456 + (await sellCash(signingTill, { from: 11, to: 13 }));
  const signed = await signingTill.submit(cashSale(SIGNED, { totalMinor: 1_999 }));
  t.equal(signed.outcome, 'accepted');
  sumMinor += 1_999;
  const plain = await sellNothing(t, till);
  return { sales: 11, sumMinor, large: largeAnswer, signed, plain };
}

/** A duplicate, a conflict and a rejection; gives the answer that the duplicate got again. */
async function sellNothing(t: Test, till: TillUnderTest): Promise<Answer> {
  const again = await till.submit(cashSale(1, { totalMinor: 101 }));
  t.match(again, { outcome: 'accepted', transactionId: saleId(1) }, 'a duplicate');
  const other = await till.submit(cashSale(1, { totalMinor: 102 }));
  t.match(other, { outcome: 'conflict', transactionId: saleId(1) });
  const sale = cashSale(31, { totalMinor: 500 });
  const wrong = await till.submit(sale.replace('"total":500', '"total":501'));
  t.match(wrong, { outcome: 'rejected', errors: [{ code: 'TXN_TOTAL_MISMATCH', path: '/total' }] });
  return again;
}

function ask(base: string, path: string, method = 'GET'): Promise<Reply> {
  return fetch(`${base}${path}`, { method }).then(async (response) => ({
    status: response.status,
    body: await response.json(),
  }));
}

async function expectCommands(t: Test, chain: ChainUnderTest): Promise<void> {
  const { hq, gateway, enrolment, places } = chain;
  const { log, origin } = await gateway.status();
  t.equal(enrolment.origin, origin);
  t.match(await hq.json('store', 'list'), {
    stores: [{ origin, chain: 'acme', store: 's0417', gateway: 'g1', state: 'kept', ...log }],
  });
  t.match(await hq.ok('store', 'list'), `${origin}  ${log.size} entries`);
  const { mqtt, http } = places;
  const shown = { mqtt, http, entriesKept: log.size, hqKeys: enrolment.hqKeys };
  t.match(await hq.json('status'), shown);
  t.match(await hq.ok('status'), `received   ${log.size} entries since the start`);
  const verified = { size: log.size, root: log.root, checkpoint: 'holds', cosignature: 'holds' };
  t.match(await hq.json('log', 'verify'), {
    ...{ valid: true, entries: log.size, faultCount: 0 },
    logs: [{ origin, ...verified }],
  });
}

async function expectHttpAnswers(t: Test, chain: ChainUnderTest, totals: Totals): Promise<void> {
  const { host, port } = chain.places.http;
  const base = `http://${host}:${port}`;
  const { log, origin } = await chain.gateway.status();
  t.same(await ask(base, '/healthz'), { status: 200, body: { status: 'ok' } });
  const metrics = await (await fetch(`${base}/metrics`)).text();
  t.match(metrics, `\ntillgate_hq_custody_entries ${log.size}\n`);
  t.match(metrics, '\ntillgate_hq_custody_logs 1\n');
  t.match(await ask(base, '/api/stores'), {
    status: 200,
    body: { stores: [{ origin, size: log.size, root: log.root, state: 'kept' }] },
  });
  t.match(await ask(base, '/api/stores/acme/s0417/g1'), {
    status: 200,
    body: { chain: 'acme', epochs: [{ origin, size: log.size, cosigned: String }] },
  });
  t.same((await ask(base, '/api/totals')).body, totals, 'the command shows what the API answers');
  t.same((await ask(base, '/api/quarantine')).body, { quarantine: [] });
  t.match((await ask(base, '/api/refusals')).body, { counts: {}, latest: [] });
}

async function expectHttpRefusals(t: Test, chain: ChainUnderTest): Promise<void> {
  const { host, port } = chain.places.http;
  const base = `http://${host}:${port}`;
  const refused = (status: number, code: string) => ({
    status,
    body: { code, message: /\S/, hint: /\S/ },
  });
  const missing = refused(404, 'HQ_NOT_FOUND');
  for (const path of [`/api/transactions/${saleId(999)}`, '/api/stores/acme/s9/g1', '/nothing']) {
    t.match(await ask(base, path), missing, path);
  }
  const rejectedOnly = await ask(base, `/api/transactions/${saleId(31)}`);
  t.match(rejectedOnly, missing, 'what was rejected is no transaction');
  for (const id of ['17', saleId(1).toUpperCase(), `${saleId(1)}/lines`, '']) {
    t.match(await ask(base, `/api/transactions/${id}`), refused(400, 'USAGE'), `id "${id}"`);
  }
  t.equal((await ask(base, '/api/totals', 'POST')).status, 405);
}

/** What headquarters says of a sale is what the till was told, and provable with a key alone. */
async function expectProven(
  t: Test,
  chain: ChainUnderTest,
  { answer, lines }: { answer: Answer; lines: number },
): Promise<void> {
  const { host, port } = chain.places.http;
  const id = must(answer.transactionId, 'an accepted sale has one');
  const { status, body } = await ask(`http://${host}:${port}`, `/api/transactions/${id}`);
  t.equal(status, 200);
  const { origin, index, leafHash } = answer;
  const [entry, ...more] = (body as EntryReply).entries;
  t.same(more, [], 'one entry carries it');
  t.match(entry, { origin, index, standing: 'counted', proof: { leafHash } });
  const { proof, lines: sold } = must(entry, 'asserted above');
  t.equal(sold.length, lines);
  const key = (await chain.gateway.ok('log', 'key')).trim();
  t.equal(proof.verifierKey, key);
  const check = (text: string) =>
    tillgate(['log', 'check-proof', '-', '--key', key, '--leaf-hash', leafHash], text);
  t.match(await check(proof.text), { exitCode: 0, stdout: /The proof holds/ });
  const moved = proof.text.replace(`index ${index}\n`, `index ${index + 1}\n`);
  t.equal((await check(moved)).exitCode, 1, 'of another place it proves nothing');
  const file = join(t.testdirName, 'proof');
  writeFileSync(file, proof.text);
  // A test of its own, so that a machine without Go skips this part in plain sight.
  await t.test('a stock verifier agrees', (st) => {
    const go = buildGoSumdb(st, t.testdirName);
    if (go === undefined) return;
    const output = `ok ${origin} ${proof.size} ${index}\n`;
    st.same(go.run('check', key, file), { ok: true, output });
    st.end();
  });
}

/** Changes one byte of an entry's body where it lies in custody; gives the bytes back. */
function flipByteInCustody(hq: HeadquartersUnderTest, text: string): () => void {
  const folder = join(hq.home, 'custody', 'segments');
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const good = readFileSync(file);
    const at = good.indexOf(text);
    if (at < 0) continue;
    const bad = Buffer.from(good);
    bad[at] = bad.readUInt8(at) ^ 1;
    writeFileSync(file, bad);
    return () => writeFileSync(file, good);
  }
  throw new RangeError(`custody does not hold ${text}`);
}

/** Damage that is met while headquarters runs: whoever asked is refused, and people are told. */
async function expectDamageTold(t: Test, { hq, places }: ChainUnderTest): Promise<void> {
  const repair = flipByteInCustody(hq, `"transactionId":"${saleId(3)}"`);
  const { host, port } = places.http;
  const answer = await fetch(`http://${host}:${port}/api/transactions/${saleId(3)}`);
  t.not(answer.status, 200, 'nothing is proved by what cannot be read');
  repair();
  t.match(await hq.json('status'), {
    alarms: [{ code: 'HQ_CUSTODY_DAMAGED', message: /damaged at byte .*hq log verify/ }],
  });
  const again = await fetch(`http://${host}:${port}/api/transactions/${saleId(3)}`);
  t.equal(again.status, 200);
}

void t.test('a store sells, and headquarters counts, answers, proves and verifies', async (t) => {
  const chain = await startChain(t);
  const { hq, gateway } = chain;
  const sold = await sellEverything(t, chain);
  await expectAllAtHq(t, gateway);
  const shown = await gateway.json('log', 'show', '0');
  t.match(shown, { timeBracket: { after: null, before: { time: /^20.*Z$/, source: 'anchor' } } });
  const totals = await expectTotals(t, hq, sold);
  t.match(totals, { duplicates: 0, conflicts: 1, rejected: 1, quarantined: 0 });
  await expectCommands(t, chain);
  await expectHttpAnswers(t, chain, totals);
  await expectHttpRefusals(t, chain);
  await expectProven(t, chain, { answer: sold.large, lines: LARGE_LINES });
  await expectProven(t, chain, { answer: sold.signed, lines: 1 });
  await expectDamageTold(t, chain);

  await hq.stop();
  t.match(await hq.ok('log', 'verify'), /is as it was written/);
  const repair = flipByteInCustody(hq, `"transactionId":"${saleId(3)}"`);
  const damaged = await tillgate(['hq', 'log', 'verify', '--json', '--home', hq.home]);
  t.equal(damaged.exitCode, 1);
  const { origin, index } = sold.plain;
  // Sale 1 and sale 3 stand two entries apart: one till sold them, one after the other.
  t.match(JSON.parse(damaged.stdout), { valid: false, faults: [{ origin, index: index + 2 }] });
  const words = await tillgate(['hq', 'log', 'verify', '--home', hq.home]);
  t.match(words, { exitCode: 1, stdout: `${origin} entry ${index + 2}: ` });
  repair();
  t.match(await hq.ok('log', 'verify'), /is as it was written/);
});
