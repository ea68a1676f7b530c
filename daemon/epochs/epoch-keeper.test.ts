/**
 * Goal: a divergence begins exactly one epoch, a regression of HQ is an audit entry, and a device
 * cannot breed epochs. Method: the real keeper over a ledger in this process.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hash, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { systemSchedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { rootAt } from '../../protocol/log/merkle.ts';
import { signNote } from '../../protocol/log/note.ts';
import {
  sampleKey,
  SAMPLE_ORIGIN,
  sampleSigner,
} from '../../protocol/replication/fixtures/sample-log.ts';
import type { Submission } from '../ledger/commands.ts';
import { LedgerCore } from '../ledger/ledger-core.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { LEDGER_FILE } from '../ledger/sqlite-schema.ts';
import { SqliteStore } from '../ledger/sqlite-store.ts';
import { CarryList } from './carry-list.ts';
import { EpochKeeper } from './epoch-keeper.ts';

const root = new Uint8Array(32);

function fixture(prepare: (folder: string) => void = () => undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-keeper-'));
  prepare(folder);
  const time = { ms: 0 };
  const clock: Clock = { wallMs: () => 1_291_192_000_000, monotonicMs: () => time.ms };
  const core = new LedgerCore(new SqliteStore(join(folder, LEDGER_FILE)), {
    ...{ clock, bootId: 'boot', clockSource: 'system', randomBytes, origin: SAMPLE_ORIGIN },
  });
  const opened: string[] = [];
  const carried: number[] = [];
  const crowded: string[] = [];
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
    schedule: systemSchedule,
    randomBytes,
    hqHeadFile: join(folder, 'hq-head'),
    list: new CarryList(folder),
    signal: new AbortController().signal,
    onCrowded: ({ origin }) => crowded.push(origin),
    onCarried: (count) => carried.push(count),
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
  return { folder, core, keeper, opened, carried, crowded, time, lastHeader, close };
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

void t.test('a later epoch that only HQ knows is followed and asked for', async (t) => {
  const { folder, core, keeper, opened, lastHeader, close } = fixture();
  const origin = SAMPLE_ORIGIN;
  const later = `${origin.slice(0, -2)}e4-0a0b0c0d`;
  const by = { origin: later, size: 9, note: formatCheckpoint({ origin: later, size: 9, root }) };
  const event = { type: 'superseded', origin, by, isLive: false } as const;
  await Promise.all([keeper.uplinkEvent(event), keeper.uplinkEvent(event)]);
  t.same(opened, ['superseded']);
  t.match(core.tip().origin, /\/e5-[0-9a-f]{8}$/, 'it counts above both');
  t.match(lastHeader(), { prevOrigin: origin, prevSize: 1, evidence: by.note });
  t.same(new CarryList(folder).fetches, [origin, later]);
  close();
});

void t.test('headquarters cannot make a gateway breed epochs', async (t) => {
  const { core, keeper, opened, crowded, time, close } = fixture();
  const contradict = (): Promise<void> => {
    const { origin } = core.tip();
    const event = { type: 'diverged', origin, reason: 'fork', size: 9, note: 'e\n' } as const;
    return keeper.uplinkEvent(event);
  };
  for (let at = 0; at < 12; at++) await contradict();
  t.equal(opened.length, 8);
  t.same(
    crowded,
    Array.from({ length: 4 }, () => core.tip().origin),
  );
  time.ms += 3_600_001;
  await contradict();
  t.equal(opened.length, 9, 'an hour later it may again');
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

/** An accepted sale whose content is `text`. */
function sale(number: number, text: string): Submission {
  const body = Buffer.from(text);
  const contentHash = hash('sha256', body, 'buffer');
  return {
    ...{ type: 'submission', deviceId: 'till-1', body, submissionHash: contentHash },
    judgement: {
      ...{ verdict: 'acceptable', contentHash, interpreted: true, sequenceNumber: number },
      transactionId: `01936a4e-2a1c-7c3e-9d63-${String(number).padStart(12, '0')}`,
      ...{ businessDate: '2010-12-01', type: 'sale', currency: 'GBP', total: 1, training: false },
      ...{ lastResult: null, signature: null, mediaType: 'application/json' },
    },
  };
}

void t.test(
  'sales that HQ cannot have are written again, once, and keep their answers',
  async (t) => {
    const { folder, core, keeper, carried, close } = fixture();
    const origin = SAMPLE_ORIGIN;
    for (let i = 1; i <= 5; i++) core.run([sale(i, `sale ${i}`)]);
    core.run([{ type: 'append', kind: 'note', members: {} }]);
    core.run([sale(6, 'x'.repeat(40_000))]);
    writeHead(folder, origin, 3);
    await keeper.uplinkEvent({ type: 'diverged', origin, reason: 'fork', size: 9, note: 'e\n' });
    t.same(carried, [4], 'entries 3 to 7 hold four sales');
    const reader = openLedgerReader(folder);
    t.equal(reader.size(), 5);
    const headers = [1, 2, 3, 4].map((at) => decodeEntry(reader.entry(at) ?? Buffer.of()).header);
    t.same(
      headers.map((header) => (header['carriedFrom'] as { index: number }).index),
      [3, 4, 5, 7],
    );
    t.match(headers[0], { kind: 'transaction', deviceId: 'till-1', carriedFrom: { origin } });
    t.equal(Buffer.from(reader.blob(4)?.bytes ?? []).length, 40_000, 'a large body comes along');
    reader.close();
    const [answer] = core.run([sale(4, 'sale 4')]);
    t.match(answer, { outcome: 'accepted', origin, index: 4, duplicate: true });
    await keeper.resume();
    t.equal(core.tip().size, 5, 'nothing is left to carry');
    close();
  },
);

/** An `hq-head` that covers the first `size` entries. */
function writeHead(folder: string, origin: string, size: number): void {
  const log = openLedgerReader(folder);
  const text = formatCheckpoint({ origin, size, root: rootAt(size, log.node) });
  log.close();
  writeFileSync(join(folder, 'hq-head'), signNote(text, sampleSigner('hq.example.com/hq/durable')));
}

void t.test('carrying goes on where a stop interrupted it', async (t) => {
  const { folder, core, keeper, carried, close } = fixture((prepared) => {
    new CarryList(prepared).add({ origin: SAMPLE_ORIGIN, next: 2 });
  });
  for (let i = 1; i <= 4; i++) core.run([sale(i, `sale ${i}`)]);
  core.openEpoch({
    origin: `${SAMPLE_ORIGIN.slice(0, -2)}e2-00c0ffee`,
    reason: 'fork',
    members: {},
  });
  await keeper.resume();
  t.same(carried, [3]);
  t.same(new CarryList(folder).carries, []);
  close();
});
