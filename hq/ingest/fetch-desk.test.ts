/**
 * Goal: headquarters sends a gateway its own entries back, provable by the durable key alone, and
 * never more than its bounds. Method: the receiving desk on real segment files, asked to fetch.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { expandZstd } from '../../platform/expand-zstd.ts';
import { openCheckpoint } from '../../protocol/log/checkpoint.ts';
import { must } from '../../protocol/must.ts';
import { expandEntries } from '../../protocol/replication/batch-entries.ts';
import { SampleLog } from '../../protocol/replication/fixtures/sample-log.ts';
import type { BatchMessage, ControlMessage } from '../../protocol/replication/messages.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import { HQ_DURABLE, IngestHarness } from './ingest-harness.ts';

async function hqHolding(t: Test, log: SampleLog, together = 16): Promise<IngestHarness> {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-fetch-'));
  const custody = await FileCustody.openForWriting(folder);
  t.teardown(async () => {
    await custody.close();
    rmSync(folder, { recursive: true });
  });
  const hq = new IngestHarness(custody);
  await hq.admit(log);
  for (let start = 0; start < log.size; start += together) {
    await hq.ask(log.batch(start, Math.min(log.size, start + together)));
  }
  return hq;
}

function fetchFrom(log: SampleLog, start: number, round = 77): ControlMessage {
  const { origin } = log;
  return { type: 'control', action: 'fetch', origin, round, start, evidence: '' };
}

/** The leaves of an answer, each batch checked by the durable key. */
function leavesOf(hq: IngestHarness, log: SampleLog): Uint8Array[] {
  return hq.others
    .filter((message): message is BatchMessage => message.type === 'batch')
    .flatMap((batch) => {
      const { size, root } = openCheckpoint(batch.note, [HQ_DURABLE.vkey]);
      if (size !== batch.end || Buffer.compare(root, log.root(size)) !== 0) return [];
      const expanded = expandEntries(batch, expandZstd);
      return expanded.ok ? expanded.leaves : [];
    });
}

void t.test('entries come back from where they are asked for, and a head ends them', async (t) => {
  const log = new SampleLog();
  log.appendMany(40);
  const hq = await hqHolding(t, log);
  t.match(await hq.ask(fetchFrom(log, 25)), { size: 40, round: 77, reason: undefined });
  t.same(
    leavesOf(hq, log),
    log.leaves.slice(25).map((leaf) => Buffer.from(leaf)),
  );
  hq.others.length = 0;
  t.match(await hq.ask(fetchFrom(log, 40)), { size: 40 });
  t.match(await hq.ask(fetchFrom(log, 4_000)), { size: 40 });
  t.same(hq.others, [], 'above its head there is nothing');
});

void t.test('a log that headquarters never took in is a signed nothing', async (t) => {
  const log = new SampleLog();
  log.appendMany(3);
  const hq = await hqHolding(t, log);
  const other = new SampleLog('hq.example.com/acme/s0417/g1/e9-0a1b2c3d');
  const head = await hq.ask(fetchFrom(other, 0));
  t.match(head, { size: 0, reason: undefined });
  t.equal(openCheckpoint(head.note, [HQ_DURABLE.vkey]).origin, other.origin);
  t.match(await hq.ask(fetchFrom(log, 0), 'g2'), { reason: 'unadmitted' }, 'not its own');
});

void t.test('one answer is bounded, and the blobs go ahead of their entries', async (t) => {
  const log = new SampleLog();
  const salt = Buffer.alloc(32, 5);
  for (let i = 0; i < 30; i++) log.append(Buffer.alloc(60_000, i));
  const hq = await hqHolding(t, log, 1);
  await hq.ask(fetchFrom(log, 0));
  const part = leavesOf(hq, log);
  t.ok(part.length > 8 && part.length < 20, `some of them: ${part.length}`);

  const second = new SampleLog('hq.example.com/acme/s0417/g1/e2-0a1b2c3d');
  second.appendMany(2);
  const bytes = Buffer.alloc(100_000, 6);
  const name = second.appendBlobEntry(salt, bytes);
  second.appendMany(2);
  await hq.admit(second);
  const whole = Buffer.concat([salt, bytes]);
  const { origin } = second;
  for (let offset = 0; offset < whole.length; offset += 48 * 1024) {
    const blob = { type: 'blob', origin, round: 1, ...name, length: whole.length } as const;
    hq.send({ ...blob, offset, part: whole.subarray(offset, offset + 48 * 1024) });
  }
  t.match(await hq.ask(second.batch(0, 5)), { size: 5 });
  hq.others.length = 0;
  await hq.ask(fetchFrom(second, 1));
  t.same(
    hq.others.map(({ type }) => type),
    ['blob', 'blob', 'blob', 'batch', 'batch'],
  );
  t.match(must(hq.others[3], 'a batch'), { start: 1, end: 3 });
});
