/**
 * Goal: a gateway hears of a second history of its log, soon after it shows and again when it comes
 * back, and never more often than that. Method: the receiving desk on real segment files.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { SampleLog } from '../../protocol/replication/fixtures/sample-log.ts';
import type { ControlMessage } from '../../protocol/replication/messages.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import { checkpointOf, IngestHarness } from './ingest-harness.ts';
import { EpochPace } from './epoch-pace.ts';

void t.test('the note that contradicts goes down, and not with every message', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-fork-'));
  const custody = await FileCustody.openForWriting(folder);
  t.teardown(async () => {
    await custody.close();
    rmSync(folder, { recursive: true });
  });
  const hq = new IngestHarness(custody);
  const log = new SampleLog();
  log.appendMany(9);
  await hq.admit(log);
  await hq.ask(log.batch(0, 9));
  const forked = (): ControlMessage[] =>
    hq.others.filter((message): message is ControlMessage => message.type === 'control');
  t.same(forked(), []);
  const copy = new SampleLog();
  copy.appendMany(7, 'other');
  t.match(await hq.ask(checkpointOf(copy)), { reason: 'fork', size: 9 });
  await hq.ask(checkpointOf(copy));
  await hq.ask(checkpointOf(copy));
  t.match(forked(), [{ action: 'forked', origin: log.origin, evidence: copy.note() }]);
  t.equal(forked().length, 1);
  t.same(hq.forked, [log.origin], 'people hear of it once, however often the copy says it');
  hq.nowMs += 3_600_000;
  await hq.ask(checkpointOf(log));
  await hq.ingest.stop();
  t.equal(forked().length, 2, 'the copy that keeps the log is reminded');
  t.equal(hq.forked.length, 1);
});

void t.test('a gateway begins a limited number of logs a day', (t) => {
  const clock = { nowMs: 0, wallMs: () => 0, monotonicMs: () => clock.nowMs };
  const pace = new EpochPace(clock);
  const begin = (gateway: string, epoch: number): boolean =>
    pace.mayBegin(`hq.example.com/acme/s0417/${gateway}/e${epoch}-0a1b2c3d`);
  for (let epoch = 2; epoch < 102; epoch++) t.equal(begin('g1', epoch), true);
  t.equal(begin('g1', 102), false);
  t.equal(begin('g2', 2), true, 'others are not held up');
  clock.nowMs += 24 * 3_600_000;
  t.equal(begin('g1', 102), true);
  t.end();
});
