/**
 * Goal: the uplink brings a log to HQ over a real broker, and refuses what it must. Method: the real
 * shell and mqtt.js against aedes on port 0 and a headquarters in memory with the real mirror;
 * faults are made at the broker or in HQ's answers.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { openCheckpoint } from '../../protocol/log/checkpoint.ts';
import { decodeMessage } from '../../protocol/replication/messages.ts';
import type { ControlMessage } from '../../protocol/replication/messages.ts';
import { signAdmission } from '../../protocol/replication/admission.ts';
import {
  SampleLog,
  sampleKey,
  sampleSigner,
} from '../../protocol/replication/fixtures/sample-log.ts';
import { writeFileAtomicallySync } from '../../platform/durable/atomic-file.ts';
import { systemClock } from '../../platform/system-clock.ts';
import type { SignedLog } from '../signing/signed-log.ts';
import { SampleHq, sampleReceiver } from './fixtures/sample-hq.ts';
import { connectToHq } from './hq-connection.ts';
import type { UplinkEvent } from './uplink-status.ts';
import { Uplink } from './uplink.ts';

const WAIT_MS_MAX = 20_000;

class Fixture {
  readonly folder = mkdtempSync(join(tmpdir(), 'tillgate-uplink-'));
  readonly events: UplinkEvent[] = [];
  readonly blobs = new Map<number, { salt: Uint8Array; bytes: Uint8Array }>();
  readonly hq: SampleHq;
  earlier: SignedLog[] = [];
  isDiskFull = false;
  log: SampleLog;
  uplink: Uplink;

  private constructor(log: SampleLog, hq: SampleHq) {
    this.log = log;
    this.hq = hq;
    this.uplink = this.#start();
  }

  static async start(log = new SampleLog()): Promise<Fixture> {
    return new Fixture(log, await SampleHq.start(sampleReceiver()));
  }

  get signedHeadFile(): string {
    return join(this.folder, 'signed-head');
  }

  get hqHeadFile(): string {
    return join(this.folder, 'hq-head');
  }

  get received(): readonly Uint8Array[] {
    return this.hq.receiver.leaves(this.log.origin);
  }

  /** Every leaf, in order, byte for byte; a difference of megabytes would print badly. */
  isComplete(): boolean {
    return (
      this.received.length === this.log.size &&
      Buffer.compare(Buffer.concat(this.received), Buffer.concat(this.log.leaves)) === 0
    );
  }

  signedLog(): SignedLog {
    const { log, blobs } = this;
    return {
      origin: log.origin,
      size: () => log.size,
      node: log.node,
      entries: (start, end) =>
        log.leaves.slice(start, end).map((leaf, at) => ({ index: start + at, leaf })),
      blob: (index) => blobs.get(index),
    };
  }

  append(count: number, text?: string): void {
    this.log.appendMany(count, text);
    this.uplink.committed(this.log.size);
  }

  restart(): void {
    this.uplink.close();
    this.uplink = this.#start();
  }

  async until(condition: () => boolean): Promise<void> {
    const endMs = systemClock.monotonicMs() + WAIT_MS_MAX;
    while (!condition() && systemClock.monotonicMs() < endMs) await sleep(10);
  }

  async close(): Promise<void> {
    this.uplink.close();
    await this.hq.close();
    rmSync(this.folder, { recursive: true });
  }

  #start(): Uplink {
    const { feedSigner, durableSigner } = this.hq.receiver;
    const { origin, signer } = this.log;
    const uplink = new Uplink({
      log: this.signedLog(),
      earlierLogs: this.earlier,
      privateKey: sampleKey(1),
      signedHeadFile: this.signedHeadFile,
      hqHeadFile: this.hqHeadFile,
      writeFile: (path, content) => {
        if (this.isDiskFull) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        writeFileAtomicallySync(path, content);
      },
      enrolment: {
        origin,
        hqUrl: `mqtt://127.0.0.1:${this.hq.port}`,
        username: 'acme.s0417.g1',
        password: 'secret',
        hqKeys: [durableSigner.vkey, feedSigner.vkey],
        admission: signAdmission({ origin, vkey: signer.vkey }, feedSigner),
      },
      limits: { maxBytesPerSecond: 0, maxEntriesPerSecond: 0 },
      clock: systemClock,
      random: Math.random,
      connect: connectToHq,
      schedule: (callback, delayMs) => {
        const timer = setTimeout(callback, delayMs);
        return () => {
          clearTimeout(timer);
        };
      },
      onEvent: (event) => this.events.push(event),
      onChange: () => undefined,
    });
    uplink.start();
    return uplink;
  }
}

void t.test('a log reaches HQ byte for byte and stays in step', async (t) => {
  const log = new SampleLog();
  log.appendMany(3_000, 'x'.repeat(400));
  const fixture = await Fixture.start(log);
  await fixture.until(() => fixture.uplink.status().state === 'idle');
  t.equal(fixture.received.length, 3_000);
  fixture.append(5);
  await fixture.until(() => fixture.received.length === 3_005);
  t.ok(fixture.isComplete());
  await fixture.until(() => fixture.uplink.status().entriesOnlyHere === 0);
  t.match(fixture.uplink.status(), { state: 'idle', entriesOnlyHere: 0, head: { size: 3_005 } });
  t.same(fixture.hq.receiver.refusals, [], 'nothing was sent twice or wrongly');
  await fixture.close();
});

void t.test('nothing leaves before its head is durable', async (t) => {
  const fixture = await Fixture.start();
  fixture.append(7);
  await fixture.until(() => fixture.received.length === 7);
  const note = readFileSync(fixture.signedHeadFile, 'utf8');
  const head = openCheckpoint(note, [fixture.log.signer.vkey]);
  t.ok(head.size >= fixture.received.length);
  await fixture.close();
});

void t.test('blobs come before the entries that name them', async (t) => {
  const log = new SampleLog();
  log.appendMany(2);
  const salt = Buffer.alloc(32, 9);
  const bytes = Buffer.alloc(200_000, 'blob');
  const blob = log.appendBlobEntry(salt, bytes);
  const fixture = await Fixture.start(log);
  fixture.blobs.set(blob.index, { salt, bytes });
  await fixture.until(() => fixture.received.length === 3);
  t.equal(fixture.received.length, 3);
  t.same(fixture.hq.receiver.blobs.get(blob.sha256), Buffer.concat([salt, bytes]));
  await fixture.close();
});

void t.test('an entry that does not shrink travels alone and uncompressed', async (t) => {
  const log = new SampleLog();
  let state = 1;
  const noise = new Uint8Array(65_000).map(() => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state >>> 16;
  });
  log.append(noise);
  log.appendMany(1);
  log.append(noise);
  const fixture = await Fixture.start(log);
  await fixture.until(() => fixture.received.length === 3);
  t.ok(fixture.isComplete());
  await fixture.close();
});

void t.test('cut links and lost answers only delay', async (t) => {
  const log = new SampleLog();
  log.appendMany(2_000, 'y'.repeat(900));
  const fixture = await Fixture.start(log);
  let answers = 0;
  fixture.hq.tamper = (answer) => {
    answers += 1;
    if (answers === 2 || answers === 4) fixture.hq.cut();
    return answer;
  };
  await fixture.until(() => fixture.received.length === 2_000);
  t.ok(fixture.isComplete());
  await fixture.until(() => fixture.uplink.status().state === 'idle');
  fixture.hq.hide();
  fixture.append(10);
  await fixture.until(() => fixture.uplink.status().state === 'connecting');
  t.match(fixture.uplink.status(), { state: 'connecting', entriesOnlyHere: 10 });
  fixture.restart();
  const afterRestart = { state: 'connecting', entriesOnlyHere: 10, head: { size: 2_000 } };
  t.match(fixture.uplink.status(), afterRestart, 'what HQ holds is still known');
  await fixture.hq.listen(fixture.hq.port);
  await fixture.until(() => fixture.received.length === 2_010);
  t.ok(fixture.isComplete());
  await fixture.close();
});

void t.test(
  'a head that no pinned key signed is refused, counted and changes nothing',
  async (t) => {
    const fixture = await Fixture.start();
    const stranger = sampleReceiver();
    Object.assign(stranger, { durableSigner: sampleSigner('hq.example.com/hq/durable', 77, 4) });
    fixture.hq.receiver = stranger;
    fixture.append(4);
    await fixture.until(() => Object.keys(fixture.uplink.status().refused).length > 0);
    t.match(fixture.uplink.status(), {
      head: null,
      entriesOnlyHere: 4,
      refused: { 'received-signature': Number },
    });
    t.match(fixture.events[0], { type: 'problem', message: /A head from HQ was refused/ });
    t.equal(stranger.leaves(fixture.log.origin).length, 0, 'nothing was sent on its word');
    await fixture.close();
  },
);

void t.test('an HQ that forgot everything admits the log again and heals', async (t) => {
  const fixture = await Fixture.start();
  fixture.append(20);
  await fixture.until(() => fixture.uplink.status().state === 'idle');
  fixture.hq.receiver = sampleReceiver();
  fixture.hq.cut();
  await fixture.until(() => fixture.received.length === 20);
  t.ok(fixture.isComplete());
  t.match(
    fixture.events.find(({ type }) => type === 'regressed'),
    { fromSize: 20, toSize: 0 },
  );
  await fixture.close();
});

void t.test('an HQ that went back is shown what it signed, after a restart too', async (t) => {
  const fixture = await Fixture.start();
  t.teardown(() => fixture.close());
  fixture.append(50);
  await fixture.until(() => fixture.uplink.status().head?.size === 50);
  const shown: ControlMessage[] = [];
  const forget = (): void => {
    const receiver = sampleReceiver();
    const receive = receiver.receive.bind(receiver);
    receiver.receive = (bytes) => {
      const decoded = decodeMessage(bytes);
      if (!decoded.ok || decoded.message.type !== 'control') return receive(bytes);
      shown.push(decoded.message);
      return [];
    };
    fixture.hq.receiver = receiver;
  };
  forget();
  fixture.hq.cut();
  await fixture.until(() => fixture.isComplete());
  t.match(shown, [{ action: 'regressed', origin: fixture.log.origin, start: 50 }]);
  const { durableSigner } = fixture.hq.receiver;
  t.match(openCheckpoint(shown[0]?.evidence ?? '', [durableSigner.vkey]), { size: 50 });
  await fixture.until(() => fixture.uplink.status().state === 'idle');
  t.equal(shown.length, 1, 'once HQ holds it again there is nothing to show');
  // Killed after hq-head followed HQ back, before HQ held all of it again.
  rmSync(fixture.hqHeadFile);
  forget();
  fixture.restart();
  await fixture.until(() => shown.length === 2);
  t.equal(shown[1]?.evidence, shown[0]?.evidence);
});

void t.test('without an admission HQ takes nothing and the uplink says so', async (t) => {
  const fixture = await Fixture.start();
  const stranger = sampleReceiver('other.example.com');
  Object.assign(fixture.hq.receiver, { feedSigner: stranger.feedSigner });
  fixture.restart();
  Object.assign(fixture.hq.receiver, { feedSigner: sampleSigner('hq.example.com/hq/feed', 88) });
  fixture.append(1);
  await fixture.until(() => fixture.uplink.status().state === 'waiting-admission');
  t.match(fixture.uplink.status(), { state: 'waiting-admission', entriesOnlyHere: 1 });
  await fixture.close();
});

void t.test('a head that lies ahead of the log, or beside it, is a divergence', async (t) => {
  const fixture = await Fixture.start();
  fixture.append(9);
  await fixture.until(() => fixture.received.length === 9);
  fixture.uplink.close();
  fixture.log = new SampleLog();
  fixture.log.appendMany(5);
  fixture.restart();
  await fixture.until(() => fixture.events.some(({ type }) => type === 'diverged'));
  t.match(fixture.events.at(-1), { type: 'diverged', reason: 'behindHq', size: 9 });
  t.equal(fixture.uplink.status().state, 'forked');
  fixture.log = new SampleLog();
  fixture.log.appendMany(12, 'clone');
  fixture.restart();
  await fixture.until(() => fixture.events.filter(({ type }) => type === 'diverged').length === 2);
  t.match(fixture.events.at(-1), { type: 'diverged', reason: 'fork', size: 9 });
  const { refusals } = fixture.hq.receiver;
  await fixture.until(() => refusals.includes('fork'));
  t.ok(
    refusals.includes('fork'),
    'HQ was shown the other history, though it is longer than its own',
  );
  const next = new SampleLog(`${fixture.log.origin.slice(0, -2)}e2-0a0b0c0d`);
  next.appendMany(3);
  fixture.log = next;
  fixture.uplink.beginEpoch(fixture.signedLog());
  await fixture.until(() => fixture.received.length === 3);
  t.ok(fixture.isComplete(), 'the new epoch is admitted by the old admission');
  await fixture.close();
});

void t.test('an HQ that lost everything gets the logs of earlier epochs back too', async (t) => {
  const fixture = await Fixture.start();
  fixture.append(8);
  const first = fixture.log;
  await fixture.until(() => fixture.received.length === 8);
  const next = new SampleLog(`${first.origin.slice(0, -2)}e2-0a0b0c0d`);
  next.appendMany(3);
  fixture.log = next;
  fixture.uplink.beginEpoch(fixture.signedLog());
  await fixture.until(() => fixture.received.length === 3);
  const { receiver } = fixture.hq;
  const both = (): boolean =>
    receiver.leaves(first.origin).length === 8 && receiver.leaves(next.origin).length === 3;
  receiver.held.clear();
  fixture.hq.cut();
  await fixture.until(both);
  t.ok(both(), 'over the same run');
  fixture.log = first;
  fixture.earlier = [fixture.signedLog()];
  fixture.log = next;
  receiver.held.clear();
  fixture.restart();
  await fixture.until(both);
  t.ok(both(), 'after a restart');
  t.equal(fixture.uplink.status().origin, next.origin);
  await fixture.close();
});

void t.test('an hq-head that cannot be read is passed over', async (t) => {
  const fixture = await Fixture.start();
  t.teardown(() => fixture.close());
  fixture.uplink.close();
  writeFileAtomicallySync(fixture.hqHeadFile, 'bits have flipped here');
  fixture.restart();
  t.equal(fixture.uplink.status().head, null, 'the uplink starts as without one');
});

void t.test('a full disk holds the uplink up and does not end it', async (t) => {
  const fixture = await Fixture.start();
  fixture.append(5);
  await fixture.until(() => fixture.received.length === 5);
  fixture.isDiskFull = true;
  t.equal(fixture.uplink.signTip()?.size, 5, 'what was signed before stands');
  fixture.append(3);
  await fixture.until(() => fixture.uplink.status().problem !== null);
  t.match(fixture.uplink.status().problem, /could not be signed: .*no room left/);
  t.equal(fixture.uplink.signTip(), undefined);
  t.equal(fixture.received.length, 5, 'nothing leaves before its head is durable');
  fixture.isDiskFull = false;
  await fixture.until(() => fixture.received.length === 8);
  t.ok(fixture.isComplete());
  fixture.uplink.close();
  fixture.isDiskFull = true;
  fixture.restart();
  fixture.isDiskFull = false;
  await fixture.close();
});
