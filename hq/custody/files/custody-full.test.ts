/**
 * Goal: a full disk refuses an append with `HQ_CUSTODY_FULL`, wherever in the change of a segment it
 * strikes, ends nothing, and the custody goes on by itself once there is room. Method: a real file
 * system that is really full, filled to every few hundred bytes around the change of a segment.
 */
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { isTillgateError } from '../../../protocol/errors.ts';
import { SampleLog } from '../../../protocol/replication/fixtures/sample-log.ts';
import { need } from '../../../test/support/need-tool.ts';
import { mountSmallDisk } from '../../../test/support/small-tmpfs.ts';
import { admitSample, sampleAppend } from '../contract-samples.ts';
import { FileCustody } from './file-custody.ts';

const PAGE_BYTES = 4_096;
const DISK_BYTES = 256 * PAGE_BYTES;

/** Leaves `pages` pages of the disk free. */
function fillBut(folder: string, pages: number): void {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(join(folder, 'filler'), Buffer.alloc(bavail * bsize - pages * PAGE_BYTES));
}

void t.test('a disk that is full at the change of a segment stops nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-full-'));
  const unmount = mountSmallDisk(folder, DISK_BYTES);
  t.teardown(() => {
    unmount?.();
    rmSync(folder, { recursive: true });
  });
  if (!need(t, unmount !== undefined, 'root, to mount a small disk')) return;
  let refusals = 0;
  for (let pages = 0; pages < 8; pages++) {
    const log = new SampleLog();
    log.appendMany(40, 'x'.repeat(400));
    const home = join(folder, 'custody');
    const onFatal = (error: unknown): void => void t.fail(`${pages} pages: ${String(error)}`);
    // A segment is full after each append, so each commit begins the next one.
    const custody = await FileCustody.openForWriting(home, { segmentBytes: 1, onFatal });
    await admitSample(custody, log);
    await custody.append(sampleAppend(log, 0, 10));
    fillBut(folder, pages);
    try {
      await custody.append(sampleAppend(log, 10, 40));
    } catch (error) {
      if (!isTillgateError(error, 'HQ_CUSTODY_FULL')) throw error;
      refusals++;
      t.match(await custody.head(log.origin), { size: 10 }, `${pages} pages: nothing was taken`);
      rmSync(join(folder, 'filler'));
      t.match(await custody.append(sampleAppend(log, 10, 40)), { verdict: 'appended' });
    }
    await custody.close();
    const again = await FileCustody.openForWriting(home);
    t.match(await again.head(log.origin), { size: 40 });
    await again.close();
    rmSync(home, { recursive: true });
    rmSync(join(folder, 'filler'), { force: true });
  }
  t.ok(refusals > 3 && refusals < 8, `${refusals} refusals`);
});
