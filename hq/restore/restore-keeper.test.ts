/**
 * Goal: headquarters concludes from its own signature, and from nothing else, that it was restored;
 * once for each restore; and says what it lacks and when that is whole. Method: a real custody whose
 * folder is put back to an earlier copy, and the notes that its life before had signed.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { Alarms } from '../../platform/alarms.ts';
import { silentLog } from '../../platform/logging.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { cosign } from '../../protocol/log/cosignature.ts';
import { SampleLog } from '../../protocol/replication/fixtures/sample-log.ts';
import { admitSample, sampleAppend } from '../custody/contract-samples.ts';
import type { Custody } from '../custody/custody.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import { sampleSigner } from '../../protocol/replication/fixtures/sample-log.ts';
import { HQ_DURABLE, HQ_FEED } from '../ingest/ingest-harness.ts';
import { RestoreKeeper } from './restore-keeper.ts';

const BEGAN_SECONDS = 1_700_000_000;

class Fixture {
  readonly folder = mkdtempSync(join(tmpdir(), 'tillgate-restore-'));
  readonly log = new SampleLog();
  nowSeconds = BEGAN_SECONDS;
  #lives = 0;
  custody!: Custody;
  keeper!: RestoreKeeper;
  alarms!: Alarms;

  constructor(t: Test) {
    this.log.appendMany(100);
    t.teardown(async () => {
      await this.custody.close();
      rmSync(this.folder, { recursive: true });
    });
  }

  async start(): Promise<void> {
    const clock = { wallMs: () => this.nowSeconds * 1_000, monotonicMs: () => 0 };
    this.custody = await FileCustody.openForWriting(join(this.folder, 'custody'));
    const onTrouble = (): void => undefined;
    this.alarms = new Alarms({ path: join(this.folder, 'alarms.json'), clock, onTrouble });
    this.keeper = await RestoreKeeper.open({
      ...{ custody: this.custody, durableVkey: HQ_DURABLE.vkey, clock, alarms: this.alarms },
      feedVkeyOf: (name) => sampleSigner(name, 32).vkey,
      file: join(this.folder, 'restore.json'),
      newIncarnation: () => String(++this.#lives).padStart(32, '0'),
      log: silentLog,
    });
  }

  async restart(change: () => void = () => undefined): Promise<void> {
    await this.custody.close();
    change();
    await this.start();
  }

  async keep(end: number, log = this.log): Promise<void> {
    await admitSample(this.custody, log);
    const size = (await this.custody.head(log.origin))?.size ?? 0;
    await this.custody.append(sampleAppend(log, size, end));
    await this.keeper.advanced(log.origin, end);
  }

  evidence(size: number, options: { log?: SampleLog; seconds?: number } = {}): string {
    const { log = this.log, seconds = this.nowSeconds } = options;
    const text = formatCheckpoint({ origin: log.origin, size, root: log.root(size) });
    return log.note(size) + cosign(text, HQ_DURABLE, seconds);
  }

  show(evidence: string, start = 100, origin = this.log.origin): Promise<string | undefined> {
    const control = { type: 'control', round: 1, action: 'regressed' } as const;
    return this.keeper.consider({ ...control, origin, start, evidence });
  }

  /** Custody as it was at `size`, of which 40 entries were copied, comes back. */
  async loseTo40(): Promise<string> {
    await this.start();
    await this.keep(40);
    await this.restart(() => {
      cpSync(join(this.folder, 'custody'), join(this.folder, 'copy'), { recursive: true });
    });
    await this.keep(90);
    this.nowSeconds += 60;
    const evidence = this.evidence(90);
    this.nowSeconds += 60;
    await this.restart(() => {
      rmSync(join(this.folder, 'custody'), { recursive: true });
      cpSync(join(this.folder, 'copy'), join(this.folder, 'custody'), { recursive: true });
    });
    return evidence;
  }

  codes(): string[] {
    return this.alarms.list().map(({ code }) => code);
  }
}

void t.test('a restored headquarters begins one life, and says when it is whole', async (t) => {
  const hq = new Fixture(t);
  const evidence = await hq.loseTo40();
  const before = hq.custody.incarnation;
  t.equal(await hq.show(evidence), undefined);
  const { incarnation } = hq.custody;
  t.not(incarnation, before);
  t.match(await hq.custody.lives(), [
    { reason: 'begun' },
    { reason: 'restored', previous: before, incarnation, beganAtMs: (BEGAN_SECONDS + 120) * 1_000 },
  ]);
  t.match(hq.keeper.gaps(), [{ fromSize: 40, toSize: 90, gatewaySize: 100, completeAt: null }]);
  t.match(hq.alarms.list(), [{ code: 'HQ_RESTORED', message: /e1 entries 40 to 89\./ }]);
  await hq.show(evidence);
  await hq.show(hq.evidence(80, { seconds: BEGAN_SECONDS + 10 }));
  t.equal(hq.custody.incarnation, incarnation, 'what the same restore explains begins nothing');
  await hq.restart();
  await hq.show(evidence);
  t.equal(hq.custody.incarnation, incarnation, 'after a restart neither');
  await hq.keep(70);
  t.match(hq.keeper.gaps(), [{ completeAt: null }]);
  await hq.keep(95);
  t.match(hq.keeper.gaps(), [{ fromSize: 40, toSize: 90, completeAt: /^2023-11-14T/ }]);
  t.match(hq.alarms.list(), [
    { code: 'HQ_RESTORED', message: /All of it is here again since 2023/ },
  ]);
  t.equal(hq.alarms.list().length, 1);
  await hq.restart(() => {
    rmSync(join(hq.folder, 'custody'), { recursive: true });
    cpSync(join(hq.folder, 'copy'), join(hq.folder, 'custody'), { recursive: true });
  });
  await hq.show(hq.evidence(95));
  t.equal((await hq.custody.lives()).length, 2, 'a second restore of the same copy');
  t.not(hq.custody.incarnation, incarnation, 'is another life');
});

void t.test('evidence that proves nothing changes nothing', async (t) => {
  const hq = new Fixture(t);
  await hq.loseTo40();
  const { incarnation } = hq.custody;
  const { log } = hq;
  const text = formatCheckpoint({ origin: log.origin, size: 90, root: log.root(90) });
  const foreign = { ...HQ_FEED, type: HQ_DURABLE.type, name: HQ_DURABLE.name };
  const others = new SampleLog('hq.example.com/acme/s0417/g2/e1');
  others.appendMany(90);
  const bad = [
    '',
    'garbage\n',
    log.note(90),
    log.note(90) + cosign(text, foreign, hq.nowSeconds),
    hq.evidence(90).replace('\n90\n', '\n99\n'),
    hq.evidence(90, { log: others }),
  ];
  for (const evidence of bad) t.type(await hq.show(evidence), 'string', evidence.slice(-40));
  t.equal(await hq.show(hq.evidence(30)), undefined, 'what is held is no evidence');
  t.equal(hq.custody.incarnation, incarnation);
  t.same(hq.alarms.list(), []);
  t.same(hq.keeper.gaps(), []);
});

void t.test(
  'a clock of the lost life that ran ahead costs one life, not one a gateway',
  async (t) => {
    const hq = new Fixture(t);
    await hq.loseTo40();
    const ahead = hq.nowSeconds + 1_000_000;
    for (const later of [0, 5, 10]) await hq.show(hq.evidence(90, { seconds: ahead + later }));
    t.equal((await hq.custody.lives()).length, 2);
  },
);

void t.test('entries that the gateway lost as well are named, until they are found', async (t) => {
  const hq = new Fixture(t);
  const evidence = await hq.loseTo40();
  await hq.show(evidence, 60);
  t.match(hq.alarms.list(), [
    { code: 'HQ_ENTRIES_LOST', message: /entries 60 to 89 are lost/ },
    {},
  ]);
  await hq.keep(60);
  t.strictSame(hq.codes().toSorted(), ['HQ_ENTRIES_LOST', 'HQ_RESTORED']);
  await hq.keep(90);
  t.strictSame(hq.codes(), ['HQ_RESTORED'], 'another copy of the disk had them');
});

void t.test('another history than the one signed for is named, and kept as evidence', async (t) => {
  const hq = new Fixture(t);
  const evidence = await hq.loseTo40();
  const branch = new SampleLog(hq.log.origin);
  branch.appendMany(40);
  branch.appendMany(60, 'of the other copy');
  await hq.show(evidence);
  await hq.keep(95, branch);
  t.ok(hq.codes().includes('HQ_SIGNED_TWO_HISTORIES'), String(hq.codes()));
  t.match(await hq.custody.evidence(hq.log.origin), [{ claimed: evidence }]);
  await hq.show(evidence);
  t.equal((await hq.custody.evidence(hq.log.origin)).length, 1);
  t.equal((await hq.custody.lives()).length, 2);
});
