/**
 * Goal: what could not be projected can be seen, tried again and waived; a waiver is headquarters'
 * alone, and stands when the tables are made again. Method: a real custody, real keys, and the
 * projection on PGlite in this process.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { hqPaths } from '../../config/paths.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { encodeEntry, inlineBody } from '../../protocol/log/entry.ts';
import { SampleLog } from '../../protocol/replication/fixtures/sample-log.ts';
import { admitSample, sampleAppend } from '../custody/contract-samples.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import { verifyFiles } from '../custody/files/verify-files.ts';
import { createHqKeys, readHqKeys } from '../keys/hq-keys.ts';
import { OwnLog } from '../own-log/own-log.ts';
import type { ProjectionCall, ProjectionResults } from '../projection/projection-call.ts';
import { ProjectionService } from '../projection/projection-service.ts';
import { QuarantineDesk } from './quarantine-desk.ts';

t.setTimeout(120_000);

const DOMAIN = 'hq.example.com';
const ORIGIN = 'hq.example.com/acme/s0417/g1/e1';

function entry(index: number, members: Record<string, string | number>): Uint8Array {
  return encodeEntry({
    ...{ v: 1, kind: 'note', index, recordedAt: '2026-01-02T03:04:05.000Z' },
    clock: { wall: 1, monotonicMs: 1, bootId: 'b', source: 'system' },
    ...{ hlc: '000000000000001-00000', body: inlineBody() },
    ...members,
  });
}

/** An entry that is none, one of a later release, and a gateway that claims to waive. */
function sampleTrouble(): SampleLog {
  const log = new SampleLog(ORIGIN);
  log.append(Buffer.from('no entry \u001b[31mat all'));
  log.append(entry(1, { kind: 'futureKind' }));
  log.append(
    entry(2, { kind: 'waiver', waivedOrigin: ORIGIN, waivedIndex: 0, reason: 'r', by: 'b' }),
  );
  return log;
}

void t.test('quarantine is shown, tried again and waived', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'tillgate-quarantine-'));
  const paths = hqPaths(home);
  createHqKeys(paths, DOMAIN);
  const keys = readHqKeys(paths, DOMAIN);
  const custody = await FileCustody.openForWriting(paths.custodyDir);
  const log = sampleTrouble();
  await admitSample(custody, log);
  await custody.append(sampleAppend(log, 0, 3));
  const sources = {
    custody: { kind: 'files', folder: paths.custodyDir },
    database: { kind: 'pglite', folder: paths.projectionDir },
  } as const;
  let service = new ProjectionService(sources, () => systemClock.monotonicMs());
  t.teardown(async () => {
    await service.end();
    await custody.close();
    rmSync(home, { recursive: true });
  });
  const ownLog = new OwnLog({
    ...{ domain: DOMAIN, keys, custody, clock: systemClock, bootId: 'boot' },
    onKept: () => undefined,
  });
  const ask = <C extends ProjectionCall>(call: C): Promise<ProjectionResults[C['call']]> =>
    service.answer(call) as Promise<ProjectionResults[C['call']]>;
  const desk = new QuarantineDesk({ custody, ownLog, ask });

  const listed = await desk.list();
  t.match(listed, { open: 2, waived: 0 }, "a gateway's own waiver waives nothing");
  t.match(listed.items, [
    { index: 1, uninterpreted: true, recordedAt: '2026-01-02T03:04:05.000Z', waiver: null },
    { index: 0, uninterpreted: false, recordedAt: null, waiver: null },
  ]);
  const shown = await desk.show(ORIGIN, 0);
  t.equal(shown.body, 'no entry \uFFFD[31mat all', 'what a terminal would obey is not shown');
  t.match(await desk.show(ORIGIN, 1), { header: { kind: 'futureKind' }, next: /upgrade/ });
  await t.rejects(desk.show(ORIGIN, 2), { code: 'HQ_NOT_FOUND' });
  t.match(await desk.retry({ origin: ORIGIN, index: 0 }), [{ outcome: 'quarantined' }]);

  const why = { reason: 'a test of the installer', by: 'Ada' };
  await t.rejects(desk.waive({ origin: ORIGIN, index: 0 }, { ...why, by: ' ' }), { code: 'USAGE' });
  const waiver = await desk.waive({ origin: ORIGIN, index: 0 }, why);
  t.match(waiver, { origin: /^hq\.example\.com\/hq\/hq\/hq\/e1-[0-9a-f]{8}$/, index: 2 });
  const check = async (): Promise<void> => {
    const { open, waived, items } = await desk.list();
    t.match([open, waived], [1, 1]);
    t.match(items, [{ index: 1 }, { index: 0, waiver: why }]);
  };
  await check();
  await t.rejects(desk.waive({ origin: ORIGIN, index: 0 }, why), { code: 'USAGE' });
  t.match((await desk.retry(undefined)).length, 1, 'all open ones are one');
  await service.end();
  rmSync(paths.projectionDir, { recursive: true });
  service = new ProjectionService(sources, () => systemClock.monotonicMs());
  await check();

  const verified = await verifyFiles({
    ...{ folder: paths.custodyDir, durableVkey: keys.durable.vkey, threads: 0 },
  });
  t.match(verified.logs[1], { origin: waiver.origin, size: 4, checkpoint: 'holds' });
  t.match(await custody.head(waiver.origin), { logVkey: keys.logSigner(waiver.origin).vkey });
  const life = { incarnation: 'ab'.repeat(16), previous: custody.incarnation, beganAtMs: 1 };
  await custody.beginLife({ ...life, reason: 'restored' });
  const next = await ownLog.record({ kind: 'audit', members: { event: 'test' } });
  t.match(next, { origin: `${DOMAIN}/hq/hq/hq/e1-abababab`, index: 1 }, 'a life has its own log');
});
