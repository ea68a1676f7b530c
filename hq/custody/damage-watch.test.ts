/** Goal: damage that is met while headquarters runs is told. Method: bits flipped in real files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { SampleLog } from '../../protocol/replication/fixtures/sample-log.ts';
import { admitSample, sampleAppend } from './contract-samples.ts';
import { DamageWatch } from './damage-watch.ts';
import { FileCustody } from './files/file-custody.ts';
import { CustodyLayout } from './files/layout.ts';

void t.test('a flipped bit is told once, to whoever listens, and refused as ever', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-damage-watch-'));
  const files = await FileCustody.openForWriting(folder);
  const watch = new DamageWatch(files);
  const told: string[] = [];
  watch.onDamage((message) => told.push(message));
  const { custody } = watch;
  t.teardown(async () => {
    await custody.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const log = new SampleLog();
  log.appendMany(9);
  await admitSample(custody, log);
  for (const start of [0, 3, 6]) await custody.append(sampleAppend(log, start, start + 3));
  const { origin } = log;
  t.equal((await custody.head(origin))?.size, 9);
  t.match(await custody.entry(origin, 4), { leaf: log.leaves[4] });
  t.same(told, []);
  t.match(custody.incarnation, /./, 'what is no function is as it is');

  const path = new CustodyLayout(folder).segment(1);
  const bytes = readFileSync(path);
  const at = bytes.indexOf(log.leaves[4] ?? '');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  const refused = { code: 'HQ_CUSTODY_DAMAGED' };
  await t.rejects(async () => custody.entry(origin, 4), refused);
  t.equal(told.length, 1);
  t.match(told[0], /damaged at byte/);
  await t.rejects(async () => custody.entry(origin, 4), refused);
  t.equal(told.length, 1, 'the same place is told once');
  await t.rejects(async () => {
    for await (const entry of custody.entries(origin, 4, 5)) t.fail(String(entry.index));
  }, refused);
  t.match(await custody.entry(origin, 2), { leaf: log.leaves[2] }, 'the rest can be read');
});
