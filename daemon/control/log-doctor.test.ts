/**
 * Goal: whatever is damaged is named by its exact range, and after the repair the log verifies, what
 * is lost is named, and the ledger opens. Method: one ledger in a real home, damaged in a copy of
 * its own for each case, with no headquarters to ask (test/e2e/log-doctor.test.ts has one).
 */
import Database from 'better-sqlite3';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { systemClock } from '../../platform/system-clock.ts';
import { buildLedger } from '../../test/support/built-ledger.ts';
import { need } from '../../test/support/need-tool.ts';
import { runTillgate } from '../../test/support/run-tillgate.ts';
import { mountSmallDisk } from '../../test/support/small-tmpfs.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { LogDoctor } from './log-doctor.ts';
import { LogInspection } from './log-inspection.ts';
import { verifyLog } from './log-verification.ts';

t.setTimeout(120_000);

const ENTRIES = 1_200;
const PAGE_BYTES = 4_096;
const BLOB_AT = 700;
const ORIGIN_SALE = 417;

/** Made once; each case damages a copy. */
const original = mkdtempSync(join(tmpdir(), 'tillgate-doctor-'));
const home = join(original, 'home');
t.teardown(() => rmSync(original, { recursive: true }));
{
  const words = ['init', '--chain', 'acme', '--store', 's1', '--gateway', 'g1', '--json'];
  const { origin } = runTillgate(['--home', home, ...words]).json as { origin: string };
  buildLedger({
    dataDir: join(home, 'data'),
    origin,
    entries: ENTRIES,
    plan: (index) =>
      index === BLOB_AT
        ? { kind: 'note', members: {}, body: Buffer.alloc(50_000, 'x') }
        : undefined,
  });
  // Signs the head, as the daemon does.
  runTillgate(['--home', home, 'log', 'prove', String(ENTRIES - 1)]);
}

interface Case {
  doctor: LogDoctor;
  folder: string;
  ledger: string;
}

function caseFor(t: Test): Case {
  const folder = join(t.testdir(), 'home');
  cpSync(home, folder, { recursive: true });
  const doctor = new LogDoctor({ home: folder, clock: systemClock, onProgress: () => undefined });
  return { doctor, folder, ledger: join(folder, 'data', 'ledger.db') };
}

/** Through SQLite, as a bug would. */
function alter(ledger: string, ...statements: string[]): void {
  const database = new Database(ledger);
  for (const statement of statements) database.exec(statement);
  database.close();
}

const idOf = (index: number): number => 2 ** 40 + index;

/** Verifies everything, and gives how many sales a till would find again. */
async function expectSound(t: Test, { folder }: Case): Promise<number> {
  const log = new LogInspection(folder);
  const { reader, paths } = log;
  const heads = log.heads();
  const result = await verifyLog({ dataDir: paths.dataDir, reader, heads, signatures: false });
  t.same(
    result.epochs.flatMap(({ faults }) => faults),
    [],
  );
  let sales = 0;
  const seen = new Set<string>();
  for (const { epoch } of reader.epochs()) {
    const one = reader.ofEpoch(epoch);
    for (const { leaf } of one.entries(0, one.size())) {
      const id = /"transactionId":"([0-9a-f-]{36})","v":1/.exec(Buffer.from(leaf).toString())?.[1];
      if (id === undefined || seen.has(id)) continue;
      seen.add(id);
      if (reader.findTransaction(id) !== undefined) sales += 1;
    }
  }
  log.close();
  return sales;
}

const SALES = ENTRIES - 2;

void t.test('a sound log is healthy, and looking writes nothing', async (t) => {
  const made = caseFor(t);
  const before = readFileSync(made.ledger);
  t.match(await made.doctor.examine(), { healthy: true, findings: [], repaired: [] });
  t.ok(readFileSync(made.ledger).equals(before));
  t.match(await made.doctor.repair({ withoutHq: false }), { healthy: true, repaired: [] });
  t.equal(await expectSound(t, made), SALES);
});

void t.test('what is derived from the leaves is made again, and nothing is lost', async (t) => {
  const made = caseFor(t);
  alter(
    made.ledger,
    `UPDATE entries SET hashes = zeroblob(length(hashes)) WHERE id IN (${idOf(63)}, ${idOf(900)})`,
    `DELETE FROM recent WHERE entry BETWEEN ${idOf(100)} AND ${idOf(109)}`,
  );
  const { healthy, findings } = await made.doctor.examine();
  t.equal(healthy, false);
  const parts = findings.map(({ part, range }) => `${part} ${range?.start}-${range?.end}`);
  t.same(parts, ['nodes 63-64', 'nodes 900-901', 'derived 100-110']);
  const report = await made.doctor.repair({ withoutHq: false });
  t.match(report, { healthy: true, findings: [], lost: [] });
  t.match(
    report.repaired[0],
    /made anew from 1200 entries; the damaged file is kept as .*damaged-/,
  );
  t.equal(await expectSound(t, made), SALES);
  const log = new LogInspection(made.folder);
  t.equal(log.reader.epochs().length, 1, 'the log goes on');
  log.close();
});

void t.test(
  'a leaf that nobody has any more ends its log; sales behind it stand again',
  async (t) => {
    const made = caseFor(t);
    alter(made.ledger, `UPDATE entries SET leaf = zeroblob(80) WHERE id = ${idOf(ORIGIN_SALE)}`);
    const { findings } = await made.doctor.examine();
    t.match(findings, [
      { part: 'entries', message: /^entry 417 of .*\/e1: lost or not as written/ },
    ]);
    const { lost, repaired } = await made.doctor.repair({ withoutHq: false });
    t.match(lost, [{ start: ORIGIN_SALE, end: ORIGIN_SALE + 1 }]);
    t.match(repaired.join('\n'), /Nobody has entry 417 of .*781 sales behind the gap/s);
    t.match(
      await made.doctor.examine(),
      { healthy: true },
      'the head that was contradicted is answered',
    );
    t.equal(await expectSound(t, made), SALES - 1);
    const reader = openLedgerReader(join(made.folder, 'data'));
    t.match(reader.epochs(), [{ size: ORIGIN_SALE }, { size: 1 + 781 }]);
    reader.close();
    const status = runTillgate(['--home', made.folder, 'status', '--json']).json;
    t.match(status, { alarms: [{ code: 'LOG_EPOCH_OPENED', message: /damaged/ }] });
    const added = runTillgate(['--home', made.folder, 'device', 'add', 't1', '--role', 'till']);
    t.equal(added.status, 0, 'the ledger takes entries again');
  },
);

void t.test('a lost body is named, and its entry stays', async (t) => {
  const made = caseFor(t);
  alter(made.ledger, `UPDATE blobs SET bytes = zeroblob(50000)`);
  t.match((await made.doctor.examine()).findings, [{ part: 'bodies', range: { start: BLOB_AT } }]);
  const { lost } = await made.doctor.repair({ withoutHq: false });
  t.match(lost, [{ start: BLOB_AT, end: BLOB_AT + 1 }]);
  const reader = openLedgerReader(join(made.folder, 'data'));
  t.equal(reader.size(), ENTRIES);
  reader.close();
});

void t.test('without the first page, the file is read under a fresh one', async (t) => {
  const made = caseFor(t);
  const bytes = readFileSync(made.ledger);
  bytes.fill(0, 0, PAGE_BYTES);
  writeFileSync(made.ledger, bytes);
  t.match((await made.doctor.examine()).findings, [{ part: 'database' }]);
  t.match(await made.doctor.repair({ withoutHq: false }), { healthy: true, lost: [] });
  t.equal(await expectSound(t, made), SALES);
});

void t.test('pages of garbage cost the entries on them', async (t) => {
  const made = caseFor(t);
  const bytes = readFileSync(made.ledger);
  const middle = Math.floor(bytes.length / PAGE_BYTES / 2);
  bytes.fill(0xa5, middle * PAGE_BYTES, (middle + 2) * PAGE_BYTES);
  writeFileSync(made.ledger, bytes);
  const { findings } = await made.doctor.examine();
  t.ok(findings.some(({ part }) => part === 'database'));
  const range = findings.find(({ part }) => part === 'entries')?.range;
  t.ok(range !== undefined && range.end - range.start < 50, JSON.stringify(range));
  const { lost } = await made.doctor.repair({ withoutHq: false });
  t.ok(lost.length > 0);
  const count = lost.reduce((sum, { start, end }) => sum + end - start, 0);
  t.ok((await expectSound(t, made)) >= SALES - count, `${count} lost`);
});

void t.test('a file that was cut short is named by its head; what is left goes on', async (t) => {
  const made = caseFor(t);
  truncateSync(made.ledger, Math.floor(readFileSync(made.ledger).length / 2));
  const { findings } = await made.doctor.examine();
  t.ok(findings.some(({ part }) => part === 'database'));
  await made.doctor.repair({ withoutHq: false });
  t.ok((await expectSound(t, made)) > 100);
  const added = runTillgate(['--home', made.folder, 'device', 'add', 't1', '--role', 'till']);
  t.equal(added.status, 0, added.stderr);
});

void t.test('a file of which nothing can be read is kept, and the gateway goes on', (t) => {
  for (const from of [0, PAGE_BYTES]) {
    const made = caseFor(t);
    const bytes = readFileSync(made.ledger);
    bytes.fill(0xa5, from);
    writeFileSync(made.ledger, bytes);
    const run = runTillgate(['--home', made.folder, 'run']);
    t.match(run.stderr, /log doctor.*--repair/, 'the start says who can help');
    const repair = runTillgate(['--home', made.folder, 'log', 'doctor', '--repair']);
    t.equal(repair.status, 1);
    t.match(repair.stdout, /Nothing of the ledger can be read; it is kept as .*damaged-/);
    t.match(repair.stdout, /The next start begins a new epoch/);
    t.equal(globSync('ledger.db.damaged-*Z', { cwd: join(made.folder, 'data') }).length, 1);
    const added = runTillgate(['--home', made.folder, 'device', 'add', 't1', '--role', 'till']);
    t.equal(added.status, 0, added.stderr);
    rmSync(made.folder, { recursive: true });
  }
  t.end();
});

void t.test('a log that only ends too early is left to the start', (t) => {
  const made = caseFor(t);
  alter(made.ledger, `DELETE FROM entries WHERE id >= ${idOf(ENTRIES - 30)}`);
  const { stdout, status } = runTillgate(['--home', made.folder, 'log', 'doctor', '--repair']);
  t.equal(status, 1);
  t.match(stdout, /entries 1170–1199 of .*: the signed head covers them and they are not here/);
  t.match(stdout, /The next start begins a new epoch and fetches back/);
  t.notMatch(stdout, /run `tillgate log doctor --repair`/, 'nobody is sent in a circle');
  t.end();
});

void t.test('without room for a second ledger nothing is changed', (t) => {
  const disk = join(original, 'disk');
  mkdirSync(disk);
  const take = mountSmallDisk(disk, 24 * 1024 * 1024);
  if (!need(t, take !== undefined, 'root, to mount a small disk')) return;
  t.teardown(() => take?.());
  const folder = join(disk, 'home');
  cpSync(home, folder, { recursive: true });
  const ledger = join(folder, 'data', 'ledger.db');
  alter(ledger, `UPDATE entries SET leaf = zeroblob(80) WHERE id = ${idOf(ORIGIN_SALE)}`);
  writeFileSync(join(folder, 'data', 'hq-head'), 'garbage');
  writeFileSync(join(disk, 'films'), Buffer.alloc(7 * 1024 * 1024));
  const before = readFileSync(ledger);
  const run = runTillgate(['--home', folder, 'log', 'doctor', '--repair']);
  t.equal(run.status, 75, run.stdout);
  t.match(run.stderr, /The repair needs \d+ MiB of free space in .*Nothing was changed/);
  t.ok(readFileSync(ledger).equals(before));
  t.same(globSync('*.damaged-*', { cwd: join(folder, 'data') }), []);
  rmSync(join(disk, 'films'));
  t.end();
});

void t.test('small files that are spoilt or gone', async (t) => {
  const made = caseFor(t);
  const data = join(made.folder, 'data');
  for (const name of ['signed-head', 'hq-head', 'registry.json', 'alarms.json']) {
    writeFileSync(join(data, name), 'garbage');
  }
  const { findings } = await made.doctor.examine();
  t.equal(findings.filter(({ part }) => part === 'files').length, 4);
  t.match(findings.map(({ message }) => message).join('\n'), /registry\.json.*device add/);
  const { healthy, repaired } = await made.doctor.repair({ withoutHq: false });
  t.equal(healthy, true);
  t.match(repaired.join('\n'), /signed anew/);
  t.equal(globSync('*.damaged-*', { cwd: data }).length, 4, 'nothing is deleted');
  const words = ['--home', made.folder, 'device', 'add', 't1', '--role', 'till'];
  t.equal(runTillgate(words).status, 0);
});
