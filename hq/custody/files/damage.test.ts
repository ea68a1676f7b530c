/**
 * Goal: a crash costs at most what nobody was promised, and damage is never taken for a crash.
 * Method: cut the journal all along its last frame, flip every byte of a segment, and kill a
 * writing process; then open, compare and verify.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { cosign } from '../../../protocol/log/cosignature.ts';
import { formatCheckpoint } from '../../../protocol/log/checkpoint.ts';
import { KEY_TYPE_COSIGNATURE } from '../../../protocol/log/verifier-key.ts';
import { must } from '../../../protocol/must.ts';
import { SampleLog, sampleSigner } from '../../../protocol/replication/fixtures/sample-log.ts';
import { admitSample, sampleAppend } from '../contract-samples.ts';
import { FileCustody } from './file-custody.ts';
import { FileReader } from './file-reader.ts';
import { CustodyLayout } from './layout.ts';
import { verifyFiles } from './verify-files.ts';
import { WatermarkFile, readWatermark } from './watermark.ts';

/** Thousands of files are opened and synced. */
t.setTimeout(200_000);

const DURABLE = sampleSigner('hq.example.com/hq/durable', 31, KEY_TYPE_COSIGNATURE);

function tempFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-damage-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Entries 0 to 2, 3 to 5 and 6 to 8 in frames of their own, and a cosigned head. */
async function keep(folder: string, options: { segmentBytes?: number } = {}): Promise<SampleLog> {
  const log = new SampleLog();
  log.appendMany(9);
  const custody = await FileCustody.openForWriting(folder, options);
  await admitSample(custody, log);
  for (const start of [0, 3, 6]) await custody.append(sampleAppend(log, start, start + 3));
  const { origin } = log;
  const text = formatCheckpoint({ origin, size: 9, root: log.root() });
  const kept = custody.keepCosigned(origin, log.note() + cosign(text, DURABLE, 1_700_000_000));
  await custody.close();
  await kept;
  return log;
}

async function verify(folder: string, threads = 0): ReturnType<typeof verifyFiles> {
  return verifyFiles({ folder, durableVkey: DURABLE.vkey, threads });
}

void t.test('a whole custody verifies, in one segment and in many', async (t) => {
  for (const segmentBytes of [64 * 1024 * 1024, 1]) {
    const folder = join(tempFolder(t), 'c');
    const { origin } = await keep(folder, { segmentBytes });
    t.match(await verify(folder, 2), {
      valid: true,
      entries: 9,
      logs: [{ origin, size: 9, checkpoint: 'holds', cosignature: 'holds' }],
    });
  }
});

type Cuts = { segmentBytes: number; lastSegment: string; everyBytes: number };

async function cutLastFrame(t: Test, cuts: Cuts): Promise<void> {
  const { segmentBytes, lastSegment, everyBytes } = cuts;
  const folder = join(tempFolder(t), 'c');
  const log = new SampleLog();
  log.appendMany(6);
  const first = await FileCustody.openForWriting(folder, { segmentBytes });
  await admitSample(first, log);
  await first.append(sampleAppend(log, 0, 3));
  const segment = join(folder, 'segments', lastSegment);
  const before = existsSync(segment) ? statSync(segment).size : 0;
  // As after a power cut: no saved state, and the watermark of the moment before.
  const watermark = must(readWatermark(new CustodyLayout(folder)), 'a writer wrote it');
  await first.append(sampleAppend(log, 3, 6));
  const after = statSync(segment).size;
  await first.close();
  for (let length = before; length < after; length += everyBytes) {
    const copy = `${folder}-${length}`;
    mkdirSync(copy);
    cpSync(join(folder, 'segments'), join(copy, 'segments'), { recursive: true });
    const writer = new WatermarkFile(new CustodyLayout(copy));
    writer.write(watermark);
    writer.close();
    truncateSync(join(copy, 'segments', lastSegment), length);
    if (!(await verify(copy)).valid) t.fail(`cut at ${length}: does not verify`);
    const custody = await FileCustody.openForWriting(copy);
    const head = await custody.head(log.origin);
    if (head?.size !== 3) t.fail(`cut at ${length}: size ${head?.size ?? 'none'}`);
    const { verdict } = await custody.append(sampleAppend(log, 3, 6));
    if (verdict !== 'appended') t.fail(`cut at ${length}: ${verdict}`);
    await custody.close();
    rmSync(copy, { recursive: true });
  }
  t.ok(after > before, `${after - before} bytes to cut at`);
}

void t.test('a journal cut inside its last frame goes on before that frame', (t) =>
  cutLastFrame(t, { segmentBytes: 64 * 1024 * 1024, lastSegment: '00000001.seg', everyBytes: 5 }),
);

void t.test('the same where that frame is the first of its segment', (t) =>
  cutLastFrame(t, { segmentBytes: 1, lastSegment: '00000003.seg', everyBytes: 13 }),
);

void t.test('a journal cut below its watermark is damaged, not torn', async (t) => {
  const folder = join(tempFolder(t), 'c');
  await keep(folder);
  const segment = join(folder, 'segments', '00000001.seg');
  truncateSync(segment, statSync(segment).size - 1);
  rmSync(join(folder, 'state.json'));
  await t.rejects(FileCustody.openForWriting(folder), { code: 'HQ_CUSTODY_DAMAGED' });
  t.match(await verify(folder), { valid: false });
});

void t.test('every flipped byte is found, and in a leaf its entry is named', async (t) => {
  const folder = join(tempFolder(t), 'c');
  const log = await keep(folder);
  const path = join(folder, 'segments', '00000001.seg');
  const whole = readFileSync(path);
  const leafAt = (index: number): number => whole.indexOf(log.leaves[index] ?? '');
  for (let index = 0; index < log.size; index++) {
    const bytes = Buffer.from(whole);
    const at = leafAt(index) + 2;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(path, bytes);
    const { valid, faults, faultCount } = await verify(folder);
    t.equal(valid, false);
    t.match(faults, [{ origin: log.origin, index }], `entry ${index}`);
    t.equal(faultCount, 1);
  }
  // One in 37 keeps it quick and meets heads, lengths, hashes, nodes and notes.
  for (let at = 80; at < whole.length; at += 37) {
    const bytes = Buffer.from(whole);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
    writeFileSync(path, bytes);
    if ((await verify(folder)).valid) t.fail(`the flip at byte ${at} was not found`);
  }
  writeFileSync(path, whole);
  t.match(await verify(folder), { valid: true });
});

void t.test('index and state are made again from the journal', async (t) => {
  const folder = join(tempFolder(t), 'c');
  const log = await keep(folder, { segmentBytes: 1 });
  for (const name of ['index', 'state.json', 'watermark']) {
    rmSync(join(folder, name), { recursive: true });
    const custody = await FileCustody.openForWriting(folder);
    t.match(await custody.head(log.origin), { size: 9 });
    t.same(Buffer.from((await custody.entry(log.origin, 4))?.leaf ?? []), log.leaves[4]);
    await custody.close();
  }
});

const WRITER = `
import { FileCustody } from '${new URL('./file-custody.ts', import.meta.url).href}';
import { admitSample, sampleAppend } from '${new URL('../contract-samples.ts', import.meta.url).href}';
import { SampleLog } from '${new URL('../../../protocol/replication/fixtures/sample-log.ts', import.meta.url).href}';
const custody = await FileCustody.openForWriting(process.argv[1], { segmentBytes: 20_000 });
const log = new SampleLog();
log.appendMany(100_000);
await admitSample(custody, log);
for (let start = (await custody.head(log.origin)).size; start < 100_000; start += 5) {
  await custody.append(sampleAppend(log, start, start + 5));
  process.stdout.write(String(start + 5) + '\\n');
}
`;

void t.test('SIGKILL loses nothing that was promised', async (t) => {
  const folder = join(tempFolder(t), 'c');
  let promised = 0;
  for (const runMs of [40, 90, 150]) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, folder]);
    let text = '';
    child.stdout.on('data', (chunk) => (text += String(chunk)));
    await once(child.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, runMs));
    child.kill('SIGKILL');
    await once(child, 'close');
    promised = Number(text.trimEnd().split('\n').at(-1));
    const reader = FileReader.open(folder, { durableOnly: false });
    const [head] = await reader.heads();
    t.ok((head?.size ?? 0) >= promised, `${head?.size ?? 0} kept, ${promised} promised`);
    await reader.close();
    t.match(await verify(folder), { valid: true });
  }
  t.ok(promised > 0);
});
