/**
 * Goal: a copy of a custody folder opens, whatever moments its files are of, and says no more than
 * its journal holds. Method: snapshots of a folder at several moments, put together in every way that
 * a copying program could, then opened, read whole, and written on.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { SampleLog } from '../../../protocol/replication/fixtures/sample-log.ts';
import { admitSample, sampleAppend, sampleBlob } from '../contract-samples.ts';
import { FileCustody } from './file-custody.ts';
import { FileReader } from './file-reader.ts';

const MOMENTS = 3;
const PARTS = ['index', 'segments', 'state.json', 'watermark', 'still'];
const [A, B] = ['hq.example.com/acme/s1/g1/e1', 'hq.example.com/acme/s2/g1/e1'];

type Snapshots = { folder: string; logs: [SampleLog, SampleLog]; at: (moment: number) => string };

/** Folder copies of moments 0 to 2; entries, blobs and logs are added in between, and it is closed and opened. */
async function takeSnapshots(t: Test, segmentBytes: number): Promise<Snapshots> {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-copied-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const live = join(folder, 'live');
  const logs: [SampleLog, SampleLog] = [new SampleLog(A), new SampleLog(B)];
  for (const log of logs) log.appendMany(60);
  const at = (moment: number): string => join(folder, `moment-${moment}`);
  for (let moment = 0; moment < MOMENTS; moment++) {
    const custody = await FileCustody.openForWriting(live, { segmentBytes });
    for (const [i, log] of logs.entries()) {
      if (i > moment) continue;
      await admitSample(custody, log);
      const start = (await custody.head(log.origin))?.size ?? 0;
      const blob = sampleBlob(Buffer.alloc(300 + moment, moment));
      await custody.keepBlob(log.origin, start + 2, blob);
      await custody.append(sampleAppend(log, start, start + 7));
      await custody.append(sampleAppend(log, start + 7, start + 11));
    }
    // Odd moments are copied while it is written, even ones when it was closed.
    if (moment % 2 === 1) cpSync(live, at(moment), { recursive: true });
    await custody.close();
    if (moment % 2 === 0) cpSync(live, at(moment), { recursive: true });
  }
  return { folder, logs, at };
}

/** Everything below the heads can be read, and the log goes on; gives the sizes found. */
async function checkCopy(t: Test, copy: string, logs: readonly SampleLog[]): Promise<number[]> {
  const custody = await FileCustody.openForWriting(copy, { segmentBytes: 2_000 });
  const sizes: number[] = [];
  for (const log of logs) {
    const size = (await custody.head(log.origin))?.size ?? -1;
    sizes.push(size);
    if (size < 0) continue;
    let index = 0;
    for await (const entry of custody.entries(log.origin, 0, size)) {
      if (!Buffer.from(log.leaves[index] ?? []).equals(entry.leaf)) t.fail(`entry ${index}`);
      index++;
    }
    if (index !== size) t.fail(`${index} entries of ${size}`);
    for (let at = 0; at < size + 20; at++) {
      const blob = await custody.blob(log.origin, at);
      if (blob !== undefined && blob.bytes.length < 300) t.fail(`the blob of ${at} is another`);
      if (blob === undefined && at < size && at % 11 === 2) t.fail(`no blob of ${at}`);
    }
    const { verdict } = await custody.append(sampleAppend(log, size, size + 3));
    if (verdict !== 'appended') t.fail(`append at ${size}: ${verdict}`);
  }
  await custody.close();
  const reader = FileReader.open(copy, { durableOnly: true });
  for (const [i, log] of logs.entries()) {
    const expected = (sizes[i] ?? 0) < 0 ? undefined : (sizes[i] ?? 0) + 3;
    if ((await reader.head(log.origin))?.size !== expected)
      t.fail('what was written on is not there');
  }
  await reader.close();
  return sizes;
}

void t.test('a copy of files of two moments opens at what its journal holds', async (t) => {
  for (const segmentBytes of [64 * 1024 * 1024, 4_000]) {
    const { folder, logs, at } = await takeSnapshots(t, segmentBytes);
    let opened = 0;
    for (let segmentsOf = 0; segmentsOf < MOMENTS; segmentsOf++) {
      for (let choice = 0; choice < MOMENTS ** 2; choice++) {
        const others = [choice % MOMENTS, Math.floor(choice / MOMENTS)];
        const copy = join(folder, 'copy');
        mkdirSync(copy);
        for (const [i, part] of PARTS.entries()) {
          const from = part === 'segments' ? segmentsOf : (others[i % 2] ?? 0);
          cpSync(join(at(from), part), join(copy, part), { recursive: true, force: true });
        }
        const sizes = await checkCopy(t, copy, logs);
        const whole = [11 * (segmentsOf + 1), segmentsOf === 0 ? -1 : 11 * segmentsOf];
        if (String(sizes) !== String(whole)) t.fail(`moment ${segmentsOf}: ${String(sizes)}`);
        rmSync(copy, { recursive: true });
        opened++;
      }
    }
    t.equal(opened, MOMENTS ** 3);
  }
});

void t.test(
  'a copy with a segment of an earlier moment sets aside what does not follow',
  async (t) => {
    const { folder, logs, at } = await takeSnapshots(t, 2_000);
    const copy = join(folder, 'copy');
    cpSync(at(2), copy, { recursive: true });
    const names = readdirSync(join(copy, 'segments')).toSorted();
    t.ok(names.length > 3, `${names.length} segments`);
    const early = join(copy, 'segments', names[1] ?? '');
    truncateSync(early, statSync(early).size - 10);
    const [size = 0] = await checkCopy(t, copy, logs);
    t.ok(size > 0 && size < 33, `opens with ${size} entries`);
    const [aside = ''] = readdirSync(join(copy, 'set-aside'));
    t.same(
      readdirSync(join(copy, 'set-aside', aside)).toSorted(),
      names.slice(1),
      'nothing is deleted',
    );
  },
);

void t.test('the same in the folder itself is damage, and a copy of it opens', async (t) => {
  const { folder, logs } = await takeSnapshots(t, 64 * 1024 * 1024);
  const live = join(folder, 'live');
  const segment = join(live, 'segments', '00000001.seg');
  truncateSync(segment, statSync(segment).size - 1);
  await t.rejects(FileCustody.openForWriting(live), { code: 'HQ_CUSTODY_DAMAGED' });
  cpSync(live, join(folder, 'copy'), { recursive: true });
  t.same(await checkCopy(t, join(folder, 'copy'), logs), [33, 18]);
});
