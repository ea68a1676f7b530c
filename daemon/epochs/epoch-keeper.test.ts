/**
 * Goal: a divergence begins exactly one epoch, a regression of HQ is an audit entry, and a device
 * cannot breed epochs. Method: the real keeper over a ledger in this process.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Clock } from '../../protocol/clock.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { sampleKey, SAMPLE_ORIGIN } from '../../protocol/replication/fixtures/sample-log.ts';
import { LedgerCore } from '../ledger/ledger-core.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { LEDGER_FILE } from '../ledger/sqlite-schema.ts';
import { SqliteStore } from '../ledger/sqlite-store.ts';
import { EpochKeeper } from './epoch-keeper.ts';

function fixture() {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-keeper-'));
  const time = { ms: 0 };
  const clock: Clock = { wallMs: () => 1_291_192_000_000, monotonicMs: () => time.ms };
  const core = new LedgerCore(new SqliteStore(join(folder, LEDGER_FILE)), {
    ...{ clock, bootId: 'boot', clockSource: 'system', randomBytes, origin: SAMPLE_ORIGIN },
  });
  const opened: string[] = [];
  const keeper = new EpochKeeper({
    ledger: {
      get tip() {
        return core.tip();
      },
      openEpoch: (opening) => Promise.resolve(core.openEpoch(opening)),
      append: (command) => {
        core.run([command]);
        const { origin, size } = core.tip();
        const payload = new Uint8Array(0);
        return Promise.resolve({
          ...{ outcome: 'appended', origin, index: size - 1, payload, duplicate: false },
        } as const);
      },
    },
    openReader: () => openLedgerReader(folder),
    privateKey: sampleKey(1),
    clock,
    onEpoch: ({ reason }) => opened.push(reason),
  });
  const lastHeader = (): Record<string, unknown> => {
    const reader = openLedgerReader(folder);
    const leaf = reader.entry(reader.size() - 1) ?? new Uint8Array(0);
    reader.close();
    return decodeEntry(leaf).header;
  };
  const close = (): void => {
    core.close();
    rmSync(folder, { recursive: true });
  };
  return { core, keeper, opened, time, lastHeader, close };
}

void t.test('a divergence told twice begins one epoch', async (t) => {
  const { core, keeper, opened, lastHeader, close } = fixture();
  const origin = SAMPLE_ORIGIN;
  const event = { type: 'diverged', origin, reason: 'fork', size: 9, note: 'evidence\n' } as const;
  await Promise.all([keeper.uplinkEvent(event), keeper.uplinkEvent(event)]);
  t.same(opened, ['fork']);
  t.match(core.tip(), { epoch: 2, origin: /\/e2-[0-9a-f]{8}$/, size: 1 });
  t.match(lastHeader(), { kind: 'epoch', prevOrigin: origin, prevSize: 1, evidence: 'evidence\n' });
  close();
});

void t.test('a headquarters that went back is an audit entry', async (t) => {
  const { core, keeper, opened, lastHeader, close } = fixture();
  const origin = SAMPLE_ORIGIN;
  await keeper.uplinkEvent({ type: 'regressed', origin, fromSize: 9, toSize: 4, note: 'n\n' });
  t.same(opened, []);
  t.match(core.tip(), { epoch: 1, size: 2 });
  t.match(lastHeader(), { kind: 'audit', event: 'hqRegressed', fromSize: 9, toSize: 4 });
  close();
});

void t.test('a device begins an epoch at most once an hour', async (t) => {
  const { core, keeper, opened, time, close } = fixture();
  const claim = (): Promise<void> => {
    const lastResult = { origin: core.tip().origin, index: 99, leafHash: '' };
    return keeper.deviceAlarm({ code: 'LOG_ROLLED_BACK', deviceId: 'till-1', lastResult });
  };
  await claim();
  await claim();
  t.same(opened, ['answerMissing']);
  const lastResult = { origin: SAMPLE_ORIGIN, index: 98, leafHash: '' };
  time.ms += 3_600_001;
  await keeper.deviceAlarm({ code: 'LOG_ROLLED_BACK', deviceId: 'till-2', lastResult });
  t.same(opened, ['answerMissing'], 'an answer of the earlier epoch needs no second one');
  await claim();
  t.same(opened, ['answerMissing', 'answerMissing']);
  close();
});
