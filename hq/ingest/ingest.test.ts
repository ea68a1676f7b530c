/**
 * Goal: headquarters takes in what continues a log, answers only for what is durable, and refuses
 * everything else with its reason and without writing. Method: the receiving desk on real segment
 * files, fed with messages of a sample log, straight and bent.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import t from 'tap';
import type { Test } from 'tap';
import { openCheckpoint } from '../../protocol/log/checkpoint.ts';
import { verifyCosignature } from '../../protocol/log/cosignature.ts';
import { formatHqTopic } from '../../protocol/replication/hq-topics.ts';
import { SampleLog } from '../../protocol/replication/fixtures/sample-log.ts';
import type { CheckpointMessage, ReplicationMessage } from '../../protocol/replication/messages.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import { HQ_DURABLE, IngestHarness, checkpointOf } from './ingest-harness.ts';

const PLACE = { chain: 'acme', store: 's0417', gateway: 'g1' };

function logOf(count: number, origin?: string): SampleLog {
  const log = new SampleLog(origin);
  log.appendMany(count);
  return log;
}

async function openCustody(t: Test): Promise<FileCustody> {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-ingest-'));
  const custody = await FileCustody.openForWriting(folder);
  t.teardown(async () => {
    await custody.close();
    rmSync(folder, { recursive: true });
  });
  return custody;
}

async function open(t: Test): Promise<{ custody: FileCustody; hq: IngestHarness }> {
  const custody = await openCustody(t);
  return { custody, hq: new IngestHarness(custody) };
}

void t.test('a log that headquarters admitted is taken in and cosigned', async (t) => {
  const { custody, hq } = await open(t);
  const log = logOf(10);
  const first = await hq.admit(log);
  t.match(first, { size: 0, round: 1 });
  t.equal(verifyCosignature(first.note, HQ_DURABLE.vkey).timeSeconds, 1_700_000_000);
  const head = await hq.ask(log.batch(0, 10, 7));
  t.match(head, { size: 10, round: 7, incarnation: custody.incarnation });
  const opened = openCheckpoint(head.note, [log.signer.vkey, HQ_DURABLE.vkey]);
  t.equal(opened.signatures.length, 2, 'the origin and headquarters');
  t.same(Buffer.from(opened.root), Buffer.from(log.root()));
  t.match(await custody.head(log.origin), { size: 10, checkpoint: log.note() });
  t.equal(hq.ingest.entriesKept, 10);
});

void t.test('what a gateway shows is told, where its key signed it', async (t) => {
  const { hq } = await open(t);
  const log = logOf(10);
  await hq.admit(log);
  await hq.ask(log.batch(0, 10, 7));
  await hq.ask(checkpointOf(log));
  const forged = new SampleLog(log.origin, 2);
  forged.appendMany(20);
  await hq.ask({ ...checkpointOf(log), note: forged.note() });
  const fork = new SampleLog(log.origin);
  fork.append(Buffer.from('another beginning'));
  await hq.ask({ ...checkpointOf(log), note: fork.note() });
  t.strictSame(hq.logsShown, [
    [log.origin, 10, 0],
    [log.origin, 10, 10],
  ]);
});

void t.test('several batches at once share one head, duplicates cost nothing', async (t) => {
  const { hq } = await open(t);
  const log = logOf(30);
  await hq.admit(log);
  const before = hq.heads.length;
  for (const [start, end] of [
    [0, 8],
    [8, 20],
    [4, 20],
    [20, 30],
  ] as const)
    hq.send(log.batch(start, end));
  const head = await hq.ask(log.batch(20, 30, 2));
  t.equal(head.size, 30);
  await hq.ingest.stop();
  t.equal(hq.heads.length - before, 2, 'one for the group, one for the repetition in a new round');
  t.equal(hq.ingest.refusals.latest().length, 0);
});

function withoutAdmission(log: SampleLog): CheckpointMessage {
  return { type: 'checkpoint', origin: log.origin, round: 1, note: log.note() };
}

void t.test('a later epoch under the same key needs no admission of its own', async (t) => {
  const { hq } = await open(t);
  await hq.admit(logOf(3));
  const next = logOf(2, 'hq.example.com/acme/s0417/g1/e2-0a1b2c3d');
  t.match(await hq.ask(withoutAdmission(next)), { size: 0 });
  t.match(await hq.ask(next.batch(0, 2)), { size: 2 });
  const stranger = new SampleLog('hq.example.com/acme/s0417/g1/e3-0a1b2c3d', 9);
  t.match(await hq.ask(withoutAdmission(stranger)), { reason: 'signature', note: '' });
});

void t.test('an entry that names a blob waits for it', async (t) => {
  const { custody, hq } = await open(t);
  const log = logOf(1);
  const salt = Buffer.alloc(32, 5);
  const bytes = Buffer.alloc(100_000, 6);
  const name = log.appendBlobEntry(salt, bytes);
  await hq.admit(log);
  t.match(await hq.ask(log.batch(0, 2)), { size: 0, reason: 'blobs', missingBlobs: [name] });
  const whole = Buffer.concat([salt, bytes]);
  const { origin } = log;
  const part = (offset: number): ReplicationMessage => ({
    ...{ type: 'blob', origin, round: 1, ...name, length: whole.length, offset },
    part: whole.subarray(offset, offset + 48 * 1024),
  });
  for (const offset of [2, 0, 1, 0]) hq.send(part(offset * 48 * 1024));
  t.match(await hq.ask(log.batch(0, 2, 2)), { size: 2, round: 2 });
  t.same(Buffer.from((await custody.blob(origin, 1))?.bytes ?? []), whole);
});

void t.test('what is refused, and why', async (t) => {
  const { custody, hq } = await open(t);
  const log = logOf(20);
  await hq.admit(log);
  await hq.ask(log.batch(0, 5));
  const fork = logOf(3);
  fork.appendMany(17, 'forked');
  const stranger = logOf(2, 'hq.example.com/acme/s0417/g1/e9');
  const impostor = new SampleLog(log.origin, 9);
  impostor.appendMany(10);
  const straight = log.batch(5, 10);
  const bomb = zstdCompressSync(Buffer.alloc(8 * 1024 * 1024));
  const table: [string, string, ReplicationMessage][] = [
    ['a gap', 'gap', log.batch(6, 10)],
    ['entries that do not lead to the root', 'root', { ...straight, ...packedOf(log, 10, 15) }],
    ['a fork above the head', 'root', fork.batch(5, 10)],
    ['a fork below the head', 'fork', fork.batch(0, 5)],
    ['a checkpoint of a fork', 'fork', { ...checkpointOf(fork), note: fork.note(4) }],
    ['a foreign signature', 'signature', impostor.batch(5, 10)],
    ['a checkpoint of another size', 'signature', { ...straight, note: log.note(9) }],
    ['a bomb', 'encoding', { ...straight, packed: bomb, expandedBytes: 1000 }],
    ['bytes that are not zstd', 'encoding', { ...straight, packed: Buffer.alloc(50, 1) }],
    ['a log nobody admitted', 'unadmitted', stranger.batch(0, 2)],
  ];
  for (const [title, reason, message] of table) {
    const size = reason === 'unadmitted' ? 0 : 5;
    t.match(await hq.ask(message), { reason, size }, title);
  }
  t.match(await hq.ask(straight, 'g2'), { reason: 'unadmitted' }, 'the topic of another gateway');
  const { size } = (await custody.head(log.origin)) ?? {};
  t.equal(size, 5, 'nothing was written');
  const counts = Object.fromEntries(hq.ingest.refusals.counts());
  t.same(counts, { gap: 1, root: 2, fork: 2, signature: 2, encoding: 2, unadmitted: 2 });
  const evidence = await custody.evidence(log.origin);
  t.match(evidence[1], { held: log.note(5), claimed: fork.note(10) });
  t.match(await hq.ask(straight), { size: 10 }, 'the log goes on');
});

function packedOf(
  log: SampleLog,
  start: number,
  end: number,
): { packed: Uint8Array; expandedBytes: number } {
  const { packed, expandedBytes } = log.batch(start, end);
  return { packed, expandedBytes };
}

void t.test('garbage is counted and not answered', async (t) => {
  const { hq } = await open(t);
  const topic = formatHqTopic({ ...PLACE, direction: 'up', type: 'batch' });
  hq.ingest.receive(topic, Buffer.from('garbage'));
  hq.ingest.receive(topic, Buffer.alloc(200_000));
  hq.ingest.receive('elsewhere', Buffer.from('garbage'));
  t.same(Object.fromEntries(hq.ingest.refusals.counts()), { encoding: 1, oversize: 1 });
  t.equal(hq.heads.length, 0);
});

void t.test('a flood is answered busy and does not grow the queue', async (t) => {
  const { hq } = await open(t);
  const log = logOf(300);
  await hq.admit(log);
  for (let i = 0; i < 300; i++) hq.send(log.batch(i, i + 1));
  t.match(hq.heads.at(-1), { reason: 'busy', retryAfterMs: 5_000 });
  await hq.ingest.stop();
  t.equal(hq.ingest.queuedBytes, 0);
});

void t.test('headquarters that lost everything but its keys heals by resend', async (t) => {
  const log = logOf(12);
  const first = await open(t);
  await first.hq.admit(log);
  await first.hq.ask(log.batch(0, 12));
  const second = await openCustody(t);
  const hq = new IngestHarness(second);
  t.match(await hq.ask(log.batch(0, 12)), { reason: 'unadmitted' });
  t.match(await hq.admit(log), { size: 0, incarnation: second.incarnation });
  t.match(await hq.ask(log.batch(0, 12)), { size: 12 });
  t.not(second.incarnation, first.custody.incarnation);
  t.equal((await second.admissions())[0]?.note, checkpointOf(log).admission);
});

void t.test('batches that shrank a hundredfold do not outgrow what custody writes', async (t) => {
  const { custody, hq } = await open(t);
  const log = new SampleLog();
  const batches = 20;
  for (let i = 0; i < batches * 16; i++) log.append(Buffer.alloc(60_000, i % 251));
  await hq.admit(log);
  for (let at = 0; at < batches; at++) {
    const { packed, ...batch } = log.batch(at * 16, (at + 1) * 16);
    hq.send({ ...batch, encoding: 'zstd', packed: zstdCompressSync(packed) });
  }
  let head = await hq.ask(log.batch(log.size - 1, log.size, 2));
  while (head.size < log.size && head.reason === undefined) {
    head = await hq.ask(log.batch(log.size - 1, log.size, 3));
  }
  t.match(head, { size: log.size, reason: undefined });
  t.equal((await custody.head(log.origin))?.size, log.size);
});
