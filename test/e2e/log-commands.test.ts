/**
 * The `tillgate log` commands as processes of their own, over a log in a fresh home, with the
 * daemon down.
 */
import Database from 'better-sqlite3';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { openLedgerReader } from '../../daemon/ledger/reader.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { rootAt } from '../../protocol/log/merkle.ts';
import { createNoteSigner, signNote } from '../../protocol/log/note.ts';
import { buildLedger } from '../support/built-ledger.ts';
import { buildGoSumdb } from '../support/go-sumdb.ts';
import { runTillgate } from '../support/run-tillgate.ts';
import { ownFolder } from '../support/own-folder.ts';

// Some forty processes, one after the other; a busy machine takes a second for each.
t.setTimeout(240_000);

const ENTRIES = 1_000;
const LARGE = 500;
const largeBody = Buffer.from(`{"large":"${'x'.repeat(60_000)}"}`);

/** A gateway's home with a log of a thousand entries, one of them with a body beside the log. */
function home(t: Test): { folder: string; vkey: string; dataDir: string } {
  const folder = join(ownFolder(t), 'home');
  const words = ['--home', folder, 'init', '--chain', 'acme', '--store', 's1', '--gateway', 'g1'];
  const { verifierKey, origin } = runTillgate([...words, '--json']).json as {
    verifierKey: string;
    origin: string;
  };
  const dataDir = join(folder, 'data');
  buildLedger({
    dataDir,
    origin,
    entries: ENTRIES,
    plan: (index) =>
      index === LARGE
        ? { kind: 'transaction', members: { mediaType: 'application/json' }, body: largeBody }
        : undefined,
  });
  return { folder, vkey: verifierKey, dataDir };
}

void t.test('a proof convinces whoever has the key, here and with stock tools', (t) => {
  const { folder, vkey } = home(t);
  const at = (...words: string[]) => runTillgate(['--home', folder, ...words]);
  t.equal(at('log', 'key').stdout, `${vkey}\n`);
  const proof = at('log', 'prove', '417');
  t.equal(proof.status, 0, proof.stderr);
  const file = join(t.testdirName, 'proof');
  writeFileSync(file, proof.stdout);

  const check = (words: string[], input?: string) =>
    runTillgate(['log', 'check-proof', ...words, '--json'], input);
  const good = check(['-', '--key', vkey], proof.stdout);
  t.equal(good.status, 0, good.stderr);
  const shown = at('log', 'show', '417', '--json').json as Record<string, string>;
  t.match(good.json, { valid: true, index: 417, size: ENTRIES, leafHash: shown['leafHash'] });
  t.equal(check([file, '--key', vkey, '--leaf-hash', shown['leafHash'] ?? '']).status, 0);
  const otherHash = createHash('sha256').digest('base64');
  t.match(check([file, '--key', vkey, '--leaf-hash', otherHash]), {
    status: 1,
    json: { valid: false, reason: /not the one with the leaf hash/ },
  });
  const body = join(t.testdirName, 'body');
  writeFileSync(body, at('log', 'show', '417', '--body').stdout);
  t.equal(check([file, '--key', vkey, '--body', body]).status, 0);
  writeFileSync(body, 'something else');
  t.match(check([file, '--key', vkey, '--body', body]), { status: 1, json: { valid: false } });
  t.equal(check([file, '--key', 'nonsense']).status, 1);
  t.equal(check(['no-such-file', '--key', vkey]).status, 1);
  t.equal(check([file]).status, 64);

  const go = buildGoSumdb(t, t.testdirName);
  if (go === undefined) return;
  t.ok(go.run('check', vkey, file).ok, 'golang.org/x/mod/sumdb agrees');
  writeFileSync(file, proof.stdout.replace('index 417', 'index 418'));
  t.notOk(go.run('check', vkey, file).ok);
  t.match(check([file, '--key', vkey]), { status: 1, json: { valid: false, index: 418 } });
  t.end();
});

void t.test('a transaction is found by its id, a body beside the log with its salt', (t) => {
  const { folder, vkey } = home(t);
  const at = (...words: string[]) => runTillgate(['--home', folder, ...words]);
  const header = (at('log', 'show', '7', '--json').json as { header: { transactionId: string } })
    .header;
  const proof = at('log', 'prove', header.transactionId);
  t.match(proof.stdout, /^index 7$/m);
  t.equal(at('log', 'prove', '00000000-0000-4000-8000-000000000000').status, 1);
  t.equal(at('log', 'prove', String(ENTRIES)).status, 1);
  t.equal(at('log', 'prove', 'seven').status, 64);

  const large = at('log', 'show', String(LARGE), '--json').json as { body: string; salt: string };
  t.same(Buffer.from(large.body, 'base64'), largeBody);
  const [file, body] = [join(t.testdirName, 'proof'), join(t.testdirName, 'body')];
  writeFileSync(file, at('log', 'prove', String(LARGE)).stdout);
  writeFileSync(body, largeBody);
  const words = ['log', 'check-proof', file, '--key', vkey, '--body', body, '--json'];
  t.match(runTillgate(words), { status: 1, json: { reason: /--salt is needed/ } });
  t.equal(runTillgate([...words, '--salt', large.salt]).status, 0);
  t.end();
});

void t.test("headquarters' cosignature is in the proof when its head covers the entry", (t) => {
  const { folder, vkey, dataDir } = home(t);
  const hq = createNoteSigner({
    name: 'hq.example.com/durable',
    type: 4,
    privateKey: generateKeyPairSync('ed25519').privateKey,
  });
  const reader = openLedgerReader(dataDir);
  const { origin } = reader;
  const text = formatCheckpoint({ origin, size: 600, root: rootAt(600, reader.node) });
  reader.close();
  writeFileSync(join(dataDir, 'hq-head'), signNote(text, hq, 1_700_000_000));
  const enrolment = { origin, hqUrl: 'mqtt://127.0.0.1:1884', username: 'u', password: 'p' };
  writeFileSync(
    join(folder, 'enrolment.json'),
    JSON.stringify({ ...enrolment, hqKeys: [hq.vkey], admission: 'x' }),
  );
  const prove = (index: number) =>
    runTillgate(['--home', folder, 'log', 'prove', `${index}`]).stdout;
  const check = (proof: string, ...cosigner: string[]) =>
    runTillgate(['log', 'check-proof', '-', '--key', vkey, '--json', ...cosigner], proof);
  const cosigned = check(prove(599), '--cosigner', hq.vkey);
  t.match(cosigned, { status: 0, json: { valid: true, size: 600 } });
  t.match(cosigned.json, { cosignatures: [{ name: hq.name, timeSeconds: 1_700_000_000 }] });
  const above = check(prove(600), '--cosigner', hq.vkey);
  t.match(above, { status: 1, json: { size: ENTRIES, reason: /did not cosign/ } });
  t.equal(check(prove(600)).status, 0);
  t.match(runTillgate(['--home', folder, 'log', 'verify', '--json']).json, { valid: true });
  t.end();
});

void t.test('one flipped byte in ledger.db is named by its index', (t) => {
  const { folder, dataDir } = home(t);
  const verify = () => runTillgate(['--home', folder, 'log', 'verify', '--json']);
  t.match(verify(), { status: 0, json: { valid: true, entries: ENTRIES, faults: [] } });

  // In the file itself, as a failing disk or a curious person would do it.
  const path = join(dataDir, 'ledger.db');
  const database = new Database(path, { readonly: true });
  const row = database.prepare('SELECT leaf FROM entries WHERE id % 1099511627776 = 321').get();
  database.close();
  const { leaf } = row as { leaf: Buffer };
  const bytes = readFileSync(path);
  const place = bytes.indexOf(leaf);
  t.ok(place > 0, 'the leaf stands in one piece in the file');
  const byte = place + leaf.length - 20;
  bytes[byte] = (bytes[byte] ?? 0) ^ 0x04;
  writeFileSync(path, bytes);

  const broken = verify();
  t.equal(broken.status, 1);
  const { faults } = broken.json as { faults: { index: number }[] };
  t.same([...new Set(faults.map(({ index }) => index))], [321]);
  const text = runTillgate(['--home', folder, 'log', 'verify']);
  t.match(text.stdout, /entry 321: /);
  t.equal(runTillgate(['--home', folder, 'log', 'prove', '321']).status, 1);
  t.equal(runTillgate(['--home', folder, 'log', 'prove', '320']).status, 0);
  t.end();
});

void t.test('an export proves itself', (t) => {
  const { folder } = home(t);
  const { stdout, status } = runTillgate(['--home', folder, 'log', 'export']);
  t.equal(status, 0);
  const lines = stdout.trimEnd().split('\n');
  t.equal(lines.length, 1 + ENTRIES);
  t.match(JSON.parse(lines[0] ?? ''), { size: ENTRIES, checkpoint: /\n1000\n/ });
  t.match(JSON.parse(lines[1 + LARGE] ?? ''), { index: LARGE, body: largeBody.toString('base64') });
  t.end();
});
