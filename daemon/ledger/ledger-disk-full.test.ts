/**
 * Goal: a full disk refuses sales with `LEDGER_DISK_FULL`, keeps nothing of them, still takes the
 * gateway's own entries from the space set aside, and works again by itself once there is room.
 * Method: a real file system that is really full (a small tmpfs, which needs root).
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { systemClock } from '../../platform/system-clock.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { need } from '../../test/support/need-tool.ts';
import { mountSmallDisk } from '../../test/support/small-tmpfs.ts';
import type { Answer } from './commands.ts';
import { startLedger, type LedgerClient } from './ledger-client.ts';
import { freshFolder, ORIGIN, sale } from './ledger-fixtures.ts';
import { openLedgerReader } from './reader.ts';

const DISK_BYTES = 12 * 1024 * 1024;
const RESERVE_BYTES = 1024 * 1024;
const body = Buffer.alloc(30_000, 'x');

async function sellUntilFull(client: LedgerClient): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let at = 0; ; at += 1) {
    try {
      answers.push(await client.submit(sale(`${at}`, { body })));
    } catch (error) {
      if (!isTillgateError(error, 'LEDGER_DISK_FULL')) throw error;
      t.equal(error.retryable, true);
      return answers;
    }
  }
}

void t.test('a full disk is said, survived and left behind', async (t) => {
  const folder = freshFolder();
  const unmount = mountSmallDisk(folder.path, DISK_BYTES);
  if (!need(t, unmount !== undefined, 'root, to mount a small disk')) {
    folder.remove();
    return;
  }
  const dataDir = join(folder.path, 'data');
  const client = await startLedger({
    dataDir,
    origin: ORIGIN,
    clock: systemClock,
    reserveBytes: RESERVE_BYTES,
    onFatal: (error) => t.fail(error.message),
  });
  const filler = join(folder.path, 'filler');
  writeFileSync(filler, Buffer.alloc(6 * 1024 * 1024));

  const answers = await sellUntilFull(client);
  t.ok(answers.length > 10, `${answers.length} sales before the disk was full`);
  t.equal(client.tip.size, answers.length + 1, 'what was refused is not in the log');
  t.equal(client.status().diskFull, true);

  const note = { type: 'append', kind: 'note', members: { text: 'x'.repeat(9_000) } } as const;
  const own = await Promise.all([client.append(note), client.append(note)]);
  t.equal(own[1].index, answers.length + 2, 'the space set aside is for these');

  rmSync(filler);
  const after = await client.submit(sale('after', { body }));
  t.equal(after.index, answers.length + 3, 'selling goes on by itself');
  t.equal(client.status().diskFull, false);
  const again = await client.submit(sale('0', { body }));
  t.match(again, { index: 1, duplicate: true });
  await client.close();

  const reader = openLedgerReader(dataDir);
  t.equal(reader.size(), answers.length + 4);
  reader.close();
  unmount?.();
  folder.remove();
});
