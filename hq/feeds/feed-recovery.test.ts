/**
 * Goal: a gateway has reported when what it showed of the feeds is here or cannot be had from it, in the
 * present life and over restarts; and only what a gateway of that store may hold is looked at.
 */
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { signNote } from '../../protocol/log/note.ts';
import { SampleLog, sampleSigner } from '../../protocol/replication/fixtures/sample-log.ts';
import { decodeMessage } from '../../protocol/replication/messages.ts';
import type { ControlMessage, ReplicationMessage } from '../../protocol/replication/messages.ts';
import { packEntries } from '../../protocol/replication/batch-entries.ts';
import { FileCustody } from '../custody/files/file-custody.ts';
import { FeedRecovery } from './feed-recovery.ts';
import type { FeedRecoveryOptions } from './feed-recovery.ts';
import { FeedReports } from './feed-reports.ts';

const FEED = 'hq.example.com/acme/hq/hq/e1-0a0b0c0d';
const G1 = { chain: 'acme', store: 's1', gateway: 'g1' };
const G2 = { ...G1, gateway: 'g2' };

class Fixture {
  readonly feed = new SampleLog(FEED);
  readonly sent: { to: string; message: ReplicationMessage }[] = [];
  readonly done: string[] = [];
  readonly folder: string;
  custody!: FileCustody;
  recovery!: FeedRecovery;
  timer: (() => void) | undefined;

  constructor(t: Test) {
    this.folder = t.testdir();
    this.feed.appendMany(10);
  }

  async start(): Promise<void> {
    this.custody = await FileCustody.openForWriting(join(this.folder, 'custody'));
    this.recovery = await FeedRecovery.open({
      ...{ custody: this.custody, reports: new FeedReports(join(this.folder, 'reports.json')) },
      keeper: { renew: (place) => this.did(`renew ${place.chain}`) },
      restore: this.restore(),
      vkeyOf: (origin) => sampleSigner(origin).vkey,
      clock: { wallMs: () => 0, monotonicMs: () => 0 },
      schedule: (callback) => {
        this.timer = callback;
        return () => undefined;
      },
      send: ({ gateway }, _type, payload) => {
        const decoded = decodeMessage(payload);
        if (decoded.ok) this.sent.push({ to: gateway, message: decoded.message });
      },
      onRecovered: () => void this.done.push('recovered'),
      log: { warn: () => undefined },
    });
  }

  async stop(): Promise<void> {
    await this.recovery.close();
    await this.custody.close();
  }

  async newLife(digit: string): Promise<void> {
    const previous = this.custody.incarnation;
    const incarnation = digit.repeat(32);
    await this.custody.beginLife({ incarnation, previous, reason: 'restored', beganAtMs: 0 });
  }

  /** A checkpoint that headquarters signed; nothing is here of any feed. */
  note(size: number, origin = FEED): string {
    const head = { origin, size, root: this.feed.root(size) };
    return signNote(formatCheckpoint(head), sampleSigner(origin));
  }

  batch(start: number, end: number): Parameters<FeedRecovery['take']>[1] {
    const packed = packEntries(this.feed.leaves.slice(start, end), (bytes) => bytes);
    return { type: 'batch', origin: FEED, round: 1, start, end, note: this.note(end), ...packed };
  }

  fetched(start: number): ControlMessage {
    const control = { type: 'control', round: 1, action: 'fetched', evidence: '' } as const;
    return { ...control, origin: FEED, start };
  }

  isReported({ chain, store, gateway }: typeof G1): boolean {
    return this.recovery.isReported(chain, store, gateway);
  }

  did(what: string): Promise<void> {
    this.done.push(what);
    return Promise.resolve();
  }

  restore(): FeedRecoveryOptions['restore'] {
    return {
      shownOfFeed: async (_note, { gatewaySize }) => {
        const held = (await this.custody.head(FEED))?.size ?? 0;
        this.done.push(`shown ${gatewaySize}`);
        return { state: gatewaySize > held ? 'lacking' : 'held' };
      },
      advanced: (_origin, size) => this.did(`advanced ${size}`),
      gaps: () => [],
    };
  }
}

void t.test('in the first life there is nothing to report', async (t) => {
  const hq = new Fixture(t);
  await hq.start();
  t.ok(hq.isReported(G1));
  await hq.newLife('f');
  t.notOk(hq.isReported(G1), 'in the next there is');
  await hq.stop();
});

void t.test('a gateway that holds what is lost has reported when it is here', async (t) => {
  const hq = new Fixture(t);
  await hq.start();
  await hq.newLife('f');
  hq.recovery.asked(G1, undefined);
  hq.recovery.asked(G2, []);
  await hq.recovery.settled();
  t.notOk(hq.isReported(G1), 'an earlier release says nothing');
  t.ok(hq.isReported(G2), 'it holds nothing');
  hq.recovery.asked(G1, [hq.note(10)]);
  await hq.recovery.settled();
  t.match(hq.sent, [{ to: 'g1', message: { action: 'fetch', origin: FEED, start: 0 } }]);
  hq.recovery.take(G2, hq.batch(0, 4));
  hq.recovery.take(G1, { ...hq.batch(0, 4), note: hq.note(5) } as never);
  hq.recovery.take(G1, hq.batch(0, 4));
  hq.recovery.take(G1, hq.fetched(4));
  await hq.recovery.settled();
  t.equal((await hq.custody.head(FEED))?.size, 4);
  t.match(hq.sent.at(-1), { to: 'g1', message: { action: 'fetch', start: 4 } });
  hq.timer?.();
  await hq.recovery.settled();
  t.match(hq.sent.at(-1), { message: { action: 'fetch', start: 4 } }, 'asked again');
  t.notOk(hq.isReported(G1));
  hq.recovery.take(G1, hq.batch(4, 10));
  await hq.recovery.settled();
  t.same(hq.done.slice(-3), ['advanced 10', 'renew acme', 'recovered']);
  t.ok(hq.isReported(G1));
  await hq.stop();
  await hq.start();
  t.ok(hq.isReported(G1), 'over a restart');
  await hq.newLife('e');
  t.notOk(hq.isReported(G1), 'not in another life');
  await hq.stop();
});

void t.test('a gateway that keeps them no more has reported, and all go on', async (t) => {
  const hq = new Fixture(t);
  await hq.start();
  await hq.newLife('f');
  hq.recovery.asked(G1, [hq.note(10)]);
  hq.recovery.take(G1, hq.fetched(0));
  await hq.recovery.settled();
  t.ok(hq.isReported(G1));
  t.same(hq.done.slice(-2), ['renew acme', 'recovered']);
  t.equal((await hq.custody.head(FEED))?.size, 0);
  const asked = hq.sent.length;
  hq.recovery.asked(G1, [hq.note(10)]);
  await hq.recovery.settled();
  t.equal(hq.sent.length, asked, 'it is not asked for ever');
  await hq.stop();
});

void t.test('feeds of others and rubbish are not looked at', async (t) => {
  const hq = new Fixture(t);
  await hq.start();
  await hq.newLife('f');
  const others = [
    'hq.example.com/other/hq/hq/e1-0a0b0c0d',
    'hq.example.com/acme/s2/hq/e1-0a0b0c0d',
  ];
  hq.recovery.asked(G1, [...others.map((origin) => hq.note(10, origin)), 'rubbish', '']);
  hq.recovery.take(G1, hq.batch(0, 10));
  await hq.recovery.settled();
  t.same(hq.done, []);
  t.same(hq.sent, []);
  t.ok(hq.isReported(G1));
  await hq.stop();
});
