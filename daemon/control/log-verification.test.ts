import Database from 'better-sqlite3';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { CompactSign, calculateJwkThumbprint, exportJWK } from 'jose';
import t from 'tap';
import type { Test } from 'tap';
import { BUILT_ORIGIN, buildLedger } from '../../test/support/built-ledger.ts';
import type { PlannedEntry } from '../../test/support/built-ledger.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { rootAt } from '../../protocol/log/merkle.ts';
import { createNoteSigner, signNote } from '../../protocol/log/note.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { verifyLog } from './log-verification.ts';
import type { HeadToCheck, LogVerificationOptions } from './log-verification.ts';

type Built = { dataDir: string; edit: (sql: string, ...values: unknown[]) => void };

/** A ledger that a test may damage behind the program's back. */
function built(
  t: Test,
  entries: number,
  plan?: (index: number) => PlannedEntry | undefined,
): Built {
  const dataDir = t.testdir();
  buildLedger({ dataDir, entries, ...(plan !== undefined && { plan }) });
  return {
    dataDir,
    edit: (sql, ...values) => {
      const database = new Database(join(dataDir, 'ledger.db'));
      const { changes } = database.prepare(sql).run(...values);
      database.close();
      t.equal(changes, 1, 'the damage is done');
    },
  };
}

async function verify({ dataDir }: Built, options: Partial<LogVerificationOptions> = {}) {
  const reader = openLedgerReader(dataDir);
  try {
    return await verifyLog({ dataDir, reader, heads: [], signatures: false, ...options });
  } finally {
    reader.close();
  }
}

const faults = (result: Awaited<ReturnType<typeof verify>>) =>
  result.epochs.flatMap((epoch) => epoch.faults.map(({ index, kind }) => `${index} ${kind}`));

const flip = 'UPDATE entries SET leaf = ? WHERE id = ?';
const idOf = (index: number) => 2 ** 40 + index;

void t.test('an untouched log is valid, with and without threads', async (t) => {
  const ledger = built(t, 17_000);
  for (const threads of [0, 2]) {
    let last = 0;
    const result = await verify(ledger, { threads, onProgress: (done) => (last = done) });
    t.match(result, {
      valid: true,
      entries: 17_000,
      epochs: [{ origin: BUILT_ORIGIN, faultCount: 0 }],
    });
    t.equal(last, 17_000);
    const reader = openLedgerReader(ledger.dataDir);
    t.equal(result.epochs[0]?.root, Buffer.from(rootAt(17_000, reader.node)).toString('base64'));
    reader.close();
  }
});

void t.test('one flipped byte in one entry is named by its index', async (t) => {
  const ledger = built(t, 17_000);
  const reader = openLedgerReader(ledger.dataDir);
  const leaf = Buffer.from(reader.entry(12_345) ?? '');
  reader.close();
  leaf[leaf.length - 9] = (leaf[leaf.length - 9] ?? 0) ^ 0x01;
  ledger.edit(flip, leaf, idOf(12_345));
  const result = await verify(ledger, { threads: 2 });
  t.equal(result.valid, false);
  t.same(faults(result), ['12345 form', '12345 leafHash']);
});

void t.test('missing entries, changed hashes and nodes are named', async (t) => {
  const ledger = built(t, 17_000);
  ledger.edit('DELETE FROM entries WHERE id = ?', idOf(77));
  // The node over the first two ranges stands with the last entry of the second.
  const reader = openLedgerReader(ledger.dataDir);
  const stored = [...reader.storedEntries(16_383, 16_384)][0];
  reader.close();
  const hashes = Buffer.from(stored?.hashes ?? '', 'hex');
  t.equal(hashes.length, 15 * 32);
  hashes[14 * 32] = (hashes[14 * 32] ?? 0) ^ 0x80;
  ledger.edit('UPDATE entries SET hashes = ? WHERE id = ?', hashes, idOf(16_383));
  const result = await verify(ledger);
  const named = faults(result);
  t.ok(named.includes('77 missing'));
  t.ok(named.includes('16383 node'));
  t.equal(result.valid, false);
});

void t.test('faults are listed up to the limit and counted beyond it', async (t) => {
  const ledger = built(t, 300);
  const database = new Database(join(ledger.dataDir, 'ledger.db'));
  database.exec(`UPDATE entries SET leaf = x'00' WHERE id % 2 = 0`);
  database.close();
  const result = await verify(ledger, { faultsMax: 5 });
  t.equal(result.epochs[0]?.faultCount, 300);
  t.same(faults(result), ['0 form', '0 leafHash', '2 form', '2 leafHash', '4 form']);
});

void t.test('blobs are compared with their headers', async (t) => {
  const ledger = built(t, 10, (index) =>
    index % 4 === 1
      ? { kind: 'rejected', members: {}, body: Buffer.from(`bad ${index}`), alwaysBlob: true }
      : undefined,
  );
  t.ok((await verify(ledger)).valid);
  ledger.edit('UPDATE blobs SET bytes = ? WHERE entry = ?', Buffer.from('bad 6'), idOf(5));
  ledger.edit('DELETE FROM blobs WHERE entry = ?', idOf(9));
  t.same(faults(await verify(ledger)), ['5 blob', '9 blob']);
});

void t.test('heads are compared with the log', async (t) => {
  const ledger = built(t, 100);
  const reader = openLedgerReader(ledger.dataDir);
  const signer = createNoteSigner({
    name: BUILT_ORIGIN,
    type: 1,
    privateKey: generateKeyPairSync('ed25519').privateKey,
  });
  const head = (size: number, root = rootAt(Math.min(size, 100), reader.node)): HeadToCheck => {
    const checkpoint = { origin: BUILT_ORIGIN, size, root };
    const note = signNote(formatCheckpoint(checkpoint), signer);
    return { source: 'signedHead', head: { ...checkpoint, note }, vkeys: [signer.vkey] };
  };
  const reasons = async (...heads: HeadToCheck[]) => {
    const result = await verify(ledger, { heads });
    t.equal(
      result.valid,
      result.heads.every(({ valid }) => valid),
    );
    return result.heads.map(({ reason }) => reason ?? 'valid');
  };
  t.same(await reasons(head(100), head(64), head(0)), ['valid', 'valid', 'valid']);
  t.match(await reasons(head(101)), [/100 entries: it was rolled back or cut/]);
  t.match(await reasons(head(99, rootAt(98, reader.node))), [/another root/]);
  const foreign = head(50);
  t.match(await reasons({ ...foreign, head: { ...foreign.head, origin: 'a/b' } }), [/no epoch/]);
  const forged = foreign.head.note.replace('\n50\n', '\n51\n');
  t.match(await reasons({ ...foreign, head: { ...foreign.head, note: forged } }), [
    /does not match/,
  ]);
  reader.close();
});

void t.test('every epoch is verified', async (t) => {
  const ledger = built(t, 30);
  const origin = 'tillgate.invalid/acme/s0417/g1/e2-0123abcd';
  buildLedger({
    dataDir: ledger.dataDir,
    entries: 5,
    origin,
    plan: (index) => ({ kind: 'note', members: { index } }),
  });
  const result = await verify(ledger);
  t.match(result, { valid: true, entries: 35, epochs: [{ size: 30 }, { origin, size: 5 }] });
  ledger.edit(flip, Buffer.from('x'), 2 * 2 ** 40 + 3);
  t.match((await verify(ledger)).epochs, [
    { faultCount: 0 },
    { faults: [{ index: 3 }, { index: 3 }] },
  ]);
});

void t.test('the signatures of devices are checked with the keys in the log', async (t) => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicKey = (await exportJWK(pair.publicKey)) as Record<string, Json>;
  const kid = await calculateJwkThumbprint(publicKey);
  const sign = (text: string) =>
    new CompactSign(Buffer.from(text))
      .setProtectedHeader({ alg: 'ES256', kid })
      .sign(pair.privateKey);
  const good = Buffer.from(await sign('{"total":1}'));
  const forged = Buffer.from((await sign('{"total":2}')).replace(/\.(.*)\./, '.eyJ0b3RhbCI6OX0.'));
  const sale = (deviceId: string, body: Buffer): PlannedEntry => ({
    kind: 'transaction',
    members: { deviceId, mediaType: 'application/jose', signature: { kid, alg: 'ES256' } },
    body,
  });
  const device = (action: string, members: Record<string, Json>): PlannedEntry => ({
    kind: 'device',
    members: { deviceId: 'till-1', action, ...members },
  });
  const plan: Record<number, PlannedEntry> = {
    1: sale('till-1', good),
    2: device('deviceAdded', { role: 'till', kid, alg: 'ES256', publicKey }),
    3: sale('till-1', good),
    4: sale('till-1', forged),
    5: sale('till-2', good),
    6: device('keyRevoked', { kid }),
    7: sale('till-1', good),
    16_998: sale('till-1', good),
    16_999: device('deviceRevoked', {}),
    17_000: sale('till-1', good),
  };
  const ledger = built(t, 17_001, (index) => plan[index]);
  t.ok((await verify(ledger)).valid, 'not looked at unless asked');
  for (const threads of [0, 2]) {
    const result = await verify(ledger, { signatures: true, threads });
    // Entry 7 was committed together with the revocation, so it may have been judged before it.
    t.same(faults(result), ['1 signature', '4 signature', '5 signature']);
    t.equal(result.epochs[0]?.signatures, 7);
  }
});

void t.test('an abort ends it', async (t) => {
  const ledger = built(t, 17_000);
  const aborted = AbortSignal.abort();
  await t.rejects(verify(ledger, { signal: aborted, threads: 0 }), { code: 'CANCELED' });
  await t.rejects(verify(ledger, { signal: aborted, threads: 2 }), { code: 'CANCELED' });
});
