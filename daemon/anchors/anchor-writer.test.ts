/**
 * Goal: HQ's times bracket every entry though the store's clock is decades off, anchors come to
 * rest, and what cannot be written is skipped. Method: the real ledger in a file, a clock by hand,
 * and heads cosigned by a key of HQ's kind.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { TillgateError } from '../../protocol/errors.ts';
import { openCheckpoint, formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { cosign, verifyCosignature } from '../../protocol/log/cosignature.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { hashesEqual, rootAt } from '../../protocol/log/merkle.ts';
import { createNoteSigner, signNote } from '../../protocol/log/note.ts';
import { KEY_TYPE_COSIGNATURE } from '../../protocol/log/verifier-key.ts';
import {
  sampleKey,
  SAMPLE_ORIGIN,
  sampleSigner,
} from '../../protocol/replication/fixtures/sample-log.ts';
import { timeBracket } from '../control/time-bracket.ts';
import { LedgerCore } from '../ledger/ledger-core.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { LEDGER_FILE } from '../ledger/sqlite-schema.ts';
import { SqliteStore } from '../ledger/sqlite-store.ts';
import { AnchorWriter } from './anchor-writer.ts';
import { entriesOnlyHere } from './entries-only-here.ts';

const HQ_TIME = Date.parse('2026-05-01T09:00:00Z') / 1_000;
const hqSigner = createNoteSigner({
  name: 'hq.example/durable',
  type: KEY_TYPE_COSIGNATURE,
  privateKey: sampleKey(9),
});
const at = (seconds: number): string => new Date((HQ_TIME + seconds) * 1_000).toISOString();

function fixture(t: Test) {
  const folder = t.testdir();
  const time = { wallMs: Date.parse('1999-12-31T23:59:00Z'), monotonicMs: 0 };
  const clock = { wallMs: () => time.wallMs, monotonicMs: () => time.monotonicMs };
  const core = new LedgerCore(new SqliteStore(join(folder, LEDGER_FILE)), {
    ...{ clock, bootId: 'boot', clockSource: 'system', randomBytes, origin: SAMPLE_ORIGIN },
  });
  const reader = openLedgerReader(folder);
  t.teardown(() => {
    reader.close();
    core.close();
  });
  const failure: { code?: 'LEDGER_DISK_FULL' | 'LEDGER_BUSY' | 'LEDGER_IO' } = {};
  const ledger = {
    get tip() {
      return core.tip();
    },
    append: (command: Parameters<typeof core.run>[0][number] & { type: 'append' }) => {
      if (failure.code !== undefined) return Promise.reject(new TillgateError(failure.code, 'no'));
      core.run([command]);
      const { origin, size } = core.tip();
      const index = size - 1;
      const answer = { outcome: 'appended', origin, index, duplicate: false } as const;
      return Promise.resolve({ ...answer, payload: new Uint8Array(0) });
    },
  };
  const open = (): AnchorWriter => new AnchorWriter({ ledger, reader, clock });
  const note = (text: string): void => {
    core.run([{ type: 'append', kind: 'note', members: { text } }]);
  };
  /** HQ cosigns the first `size` entries, `seconds` after it began. */
  const head = (size: number, seconds: number) => {
    const { epoch, origin } = core.tip();
    const text = formatCheckpoint({ origin, size, root: rootAt(size, reader.ofEpoch(epoch).node) });
    const timeSeconds = HQ_TIME + seconds;
    const signed = signNote(text, sampleSigner(origin)) + cosign(text, hqSigner, timeSeconds);
    return { type: 'acknowledged', origin, size, timeSeconds, note: signed } as const;
  };
  const kinds = (): string[] => {
    const log = reader.ofEpoch(core.tip().epoch);
    return [...log.entries(0, log.size())].map(({ leaf }) => decodeEntry(leaf).header.kind);
  };
  return { core, reader, time, failure, open, note, head, kinds };
}

void t.test('an anchor alone convinces whoever has the verifier key of HQ', async (t) => {
  const { core, reader, open, note, head } = fixture(t);
  note('a');
  await open().acknowledged(head(2, 0));
  t.equal(core.tip().size, 3);
  const { header } = decodeEntry(reader.entry(2) ?? new Uint8Array(0));
  t.match(header, { kind: 'anchor', hq: 'hq.example/durable', size: 2, timeSeconds: HQ_TIME });
  const kept = header['note'] as string;
  t.match(verifyCosignature(kept, hqSigner.vkey), { timeSeconds: HQ_TIME });
  const signed = openCheckpoint(kept, [hqSigner.vkey]);
  t.equal(signed.size, 2);
  t.ok(hashesEqual(signed.root, rootAt(2, reader.node)));
});

void t.test('anchors come to rest, and are a minute apart also across restarts', async (t) => {
  const { core, time, open, note, head, kinds } = fixture(t);
  let writer = open();
  await writer.acknowledged(head(1, 0));
  t.same(kinds(), ['epoch', 'anchor'], 'the first at once');
  for (let round = 1; round < 5; round += 1) {
    time.monotonicMs += 600_000;
    await writer.acknowledged(head(core.tip().size, round * 600));
  }
  t.same(kinds(), ['epoch', 'anchor'], 'a head that covers nothing but anchors is no anchor');
  note('a');
  await writer.acknowledged(head(3, 3_000));
  t.equal(kinds().at(-1), 'anchor');
  note('b');
  time.monotonicMs += 59_000;
  await writer.acknowledged(head(5, 3_059));
  t.equal(kinds().at(-1), 'note', 'within a minute');
  writer = open();
  await writer.acknowledged(head(5, 3_059));
  t.equal(kinds().at(-1), 'note', 'a restart is no way round');
  time.monotonicMs += 60_000;
  await writer.acknowledged(head(5, 3_059));
  t.equal(kinds().at(-1), 'anchor', 'the same head serves when the time has come');
  note('c');
  await open().acknowledged(head(7, -90_000));
  t.equal(kinds().at(-1), 'anchor', 'a clock of headquarters that was set back holds nothing up');
});

void t.test('a full disk or queue skips an anchor, a failed disk is told', async (t) => {
  const { core, failure, open, head } = fixture(t);
  const writer = open();
  for (const code of ['LEDGER_DISK_FULL', 'LEDGER_BUSY'] as const) {
    failure.code = code;
    await writer.acknowledged(head(1, 0));
    t.equal(core.tip().size, 1);
  }
  failure.code = 'LEDGER_IO';
  await t.rejects(writer.acknowledged(head(1, 0)), { code: 'LEDGER_IO' });
  delete failure.code;
  await writer.acknowledged({ ...head(1, 0), origin: 'shop.example/acme/s0417/g1/e9' });
  t.equal(core.tip().size, 1, 'of another log');
  await writer.acknowledged(head(1, 0));
  t.equal(core.tip().size, 2, 'the next head serves');
});

void t.test('HQ brackets each entry, whatever the clock of the store says', async (t) => {
  const { core, reader, time, open, note, head } = fixture(t);
  const writer = open();
  const bracket = (index: number, epoch = 1, hqHead?: Parameters<typeof timeBracket>[2]) =>
    timeBracket(reader, { epoch, index }, hqHead);
  note('a');
  t.same(bracket(1), { after: null, before: null });
  const stored = { origin: SAMPLE_ORIGIN, size: 2, root: rootAt(2, reader.node), note: '' };
  t.same(bracket(1, 1, { ...stored, timeSeconds: HQ_TIME }), {
    after: null,
    before: { time: at(0), source: 'hqHead' },
  });
  await writer.acknowledged(head(2, 0));
  time.wallMs = Date.parse('2038-01-19T03:14:07Z');
  note('b');
  note('c');
  time.monotonicMs += 60_000;
  await writer.acknowledged(head(4, 60));
  time.monotonicMs += 60_000;
  await writer.acknowledged(head(5, 120));
  const e1 = { origin: SAMPLE_ORIGIN };
  t.match(bracket(1), { after: null, before: { time: at(0), source: 'anchor', anchorIndex: 2 } });
  t.match(bracket(3), {
    after: { time: at(0), anchorIndex: 2, ...e1 },
    before: { time: at(60), anchorIndex: 5, ...e1 },
  });
  t.match(bracket(4), { after: { time: at(0) }, before: { time: at(120), anchorIndex: 6 } });

  const prevSize = 6;
  const second = SAMPLE_ORIGIN.replace(/e1$/, 'e2-0a1b2c3d');
  const members = { prevOrigin: SAMPLE_ORIGIN, prevSize, prevRoot: '' };
  core.openEpoch({ origin: second, reason: 'behindHq', members });
  t.match(bracket(0, 2), { after: { time: at(60), anchorIndex: 5, ...e1 }, before: null });
  time.monotonicMs += 60_000;
  await writer.acknowledged(head(1, 180));
  t.match(bracket(0, 2), { after: { time: at(60) }, before: { time: at(180), origin: second } });
  t.match(bracket(5), { before: { time: at(180), origin: second } }, 'older than what follows it');
  t.equal(bracket(6).before, null, 'not what the second log did not know of');
});

void t.test('anchors are not what would be lost with the disk', async (t) => {
  const { core, reader, open, note, head } = fixture(t);
  const onlyHere = (held: number): number => entriesOnlyHere(reader.anchors, core.tip(), held);
  t.equal(onlyHere(0), 1);
  await open().acknowledged(head(1, 0));
  t.equal(onlyHere(1), 0);
  note('a');
  t.equal(onlyHere(1), 1);
  t.equal(onlyHere(3), 0);
  t.equal(onlyHere(9), 0);
});
