/**
 * Goal: a gateway that shows an epoch hears of the later one that follows it, before the answer, and
 * of nothing else. Method: the receiving desk on real segment files, entries as gateways write them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { JsonObject } from '../../protocol/json/json-value.ts';
import { openCheckpoint } from '../../protocol/log/checkpoint.ts';
import { encodeEntry, inlineBody } from '../../protocol/log/entry.ts';
import { SampleLog, SAMPLE_ORIGIN } from '../../protocol/replication/fixtures/sample-log.ts';
import type { ControlMessage } from '../../protocol/replication/messages.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import { checkpointOf, HQ_DURABLE, IngestHarness } from './ingest-harness.ts';

async function start(t: Test): Promise<IngestHarness> {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-epochs-'));
  const custody = await FileCustody.openForWriting(folder);
  const hq = new IngestHarness(custody);
  t.teardown(async () => {
    await hq.ingest.stop();
    await custody.close();
    rmSync(folder, { recursive: true });
  });
  return hq;
}

const told = (hq: IngestHarness): ControlMessage[] =>
  hq.others.filter((message): message is ControlMessage => message.type === 'control');

/** The epoch `name` with an entry 0 that follows `prevOrigin`, and some more. */
function epoch(name: string, prevOrigin: string, members: JsonObject = {}): SampleLog {
  const log = new SampleLog(SAMPLE_ORIGIN.replace(/e1$/, name));
  const header = {
    ...{ v: 1, kind: 'epoch', index: 0, recordedAt: '2010-12-01T08:26:00.000Z' },
    clock: { wall: 0, monotonicMs: 0, bootId: 'b', source: 'system' },
    ...{ hlc: '000000000000000-00000', body: inlineBody(), prevOrigin, ...members },
  } as const;
  log.append(encodeEntry(header));
  log.appendMany(2);
  return log;
}

async function bring(hq: IngestHarness, log: SampleLog): Promise<void> {
  await hq.admit(log);
  await hq.ask(log.batch(0, log.size));
}

void t.test('whoever shows an earlier epoch hears of the newest that follows it', async (t) => {
  const hq = await start(t);
  const first = new SampleLog();
  first.appendMany(5);
  await bring(hq, first);
  await hq.ask(checkpointOf(first));
  t.same(told(hq), [], 'nothing follows yet');
  const second = epoch('e2-0a0b0c0d', first.origin);
  const third = epoch('e3-0a0b0c0d', second.origin);
  await bring(hq, second);
  t.match(told(hq), [{ action: 'superseded', origin: first.origin }], 'unasked, as it begins');
  await bring(hq, third);
  hq.others.length = 0;
  await hq.ask(checkpointOf(first));
  const [message, ...more] = told(hq);
  t.same(more, []);
  t.match(message, { action: 'superseded', origin: first.origin });
  const keys = [third.signer.vkey, HQ_DURABLE.vkey];
  const { origin, size, signatures } = openCheckpoint(message?.evidence ?? '', keys);
  t.match({ origin, size }, { origin: third.origin, size: 3 }, 'over one in between');
  t.equal(signatures.length, 2, "by the log's key and by headquarters");
  hq.others.length = 0;
  await hq.ask(checkpointOf(third));
  t.same(told(hq), [], 'the newest hears nothing');
});

void t.test('an epoch that does not lead back is nobody else’s business', async (t) => {
  const hq = await start(t);
  const first = new SampleLog();
  first.appendMany(5);
  await bring(hq, first);
  const one = epoch('e2-0a0b0c0d', first.origin);
  const other = epoch('e3-00000001', first.origin);
  await bring(hq, one);
  await bring(hq, other);
  hq.others.length = 0;
  await hq.ask(checkpointOf(one));
  t.same(told(hq), [], 'two copies do not push each other on');
  await hq.ask(checkpointOf(first));
  t.match(told(hq), [{ origin: first.origin }]);
});

void t.test(
  'a log that goes on beside the epoch of a copy that wrote nothing of its own',
  async (t) => {
    const hq = await start(t);
    const first = new SampleLog();
    first.appendMany(5);
    await bring(hq, first);
    const copy = epoch('e2-0a0b0c0d', first.origin, { prevSize: 3, evidence: first.note() });
    await bring(hq, copy);
    t.same(hq.forked, [], 'so far it may be a disk that went back');
    for (const size of [7, 9]) {
      first.appendMany(2);
      await hq.ask(first.batch(size - 2, size));
    }
    t.same(hq.forked, [first.origin], 'people hear of it once');
    t.match(await hq.custody.evidence(first.origin), [
      { held: first.note(7), claimed: copy.note() },
    ]);
  },
);

void t.test('a gateway that is alone is not taken for two', async (t) => {
  const first = new SampleLog();
  first.appendMany(5);
  const evidence = first.note();
  const lostAll = await start(t);
  const after = epoch('e2-0a0b0c0d', first.origin, { prevSize: 3, evidence });
  await bring(lostAll, after);
  await lostAll.admit(first);
  await lostAll.ask(first.batch(0, 2));
  await lostAll.ask(first.batch(2, 5));
  t.same(lostAll.forked, [], 'what was lost at headquarters comes again');
  const whole = await start(t);
  await bring(whole, first);
  await bring(whole, epoch('e2-00000001', first.origin, { prevSize: 5, evidence }));
  await bring(whole, epoch('e2-00000002', first.origin, { prevSize: 3 }));
  first.appendMany(2);
  await whole.ask(first.batch(5, 7));
  t.same(whole.forked, [], 'sales of the moment in which the epoch began');
});
