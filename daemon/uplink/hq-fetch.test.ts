/**
 * Goal: only what HQ's pinned key signed and what continues the caller's own entries is given away,
 * and every fault ends in asking again. Method: the pure service against answers made by hand.
 */
import t from 'tap';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { cosign } from '../../protocol/log/cosignature.ts';
import { frontierAt } from '../../protocol/log/merkle.ts';
import { formatNote, type NoteSigner } from '../../protocol/log/note.ts';
import { KEY_TYPE_COSIGNATURE } from '../../protocol/log/verifier-key.ts';
import { SampleLog, sampleSigner } from '../../protocol/replication/fixtures/sample-log.ts';
import type { BlobName, ReplicationMessage } from '../../protocol/replication/messages.ts';
import type { FetchResult } from './fetch-result.ts';
import { HqFetch } from './hq-fetch.ts';

const DURABLE = sampleSigner('hq.example.com/hq/durable', 31, KEY_TYPE_COSIGNATURE);
const STRANGER = sampleSigner('hq.example.com/hq/durable', 30, KEY_TYPE_COSIGNATURE);

class Subject {
  readonly fetch = new HqFetch(() => 0.5);
  readonly results: FetchResult[] = [];
  nowMs = 0;

  /** Asks for what follows the first `start` entries of `own`. */
  ask(own: SampleLog, start: number): number {
    const request = { origin: own.origin, start, frontier: frontierAt(start, own.node) };
    this.fetch.request(request, (result) => this.results.push(result), this.nowMs);
    this.fetch.connected(this.nowMs);
    return this.asked();
  }

  /** The round of the question that is due now; -1 when none is. */
  asked(): number {
    const action = this.fetch.next(this.nowMs);
    return action.type === 'send' ? action.message.round : -1;
  }

  hear(message: ReplicationMessage): boolean {
    return this.fetch.receive(message, [DURABLE.vkey], this.nowMs);
  }
}

function cosigned(log: SampleLog, size: number, signer: NoteSigner = DURABLE): string {
  const text = formatCheckpoint({ origin: log.origin, size, root: log.root(size) });
  return formatNote(text, [cosign(text, signer, 1_700_000_000)]);
}

function batch(
  log: SampleLog,
  range: { start: number; end: number; round: number },
  signer: NoteSigner = DURABLE,
): ReplicationMessage {
  const { start, end, round } = range;
  return { ...log.batch(start, end, round), note: cosigned(log, end, signer) };
}

function head(log: SampleLog, round: number, missingBlobs?: BlobName[]): ReplicationMessage {
  const { origin, size } = log;
  const note = cosigned(log, size);
  const more = missingBlobs === undefined ? {} : { missingBlobs };
  return { type: 'head', origin, round, size, incarnation: 'i1', note, ...more };
}

function logOf(count: number, text?: string): SampleLog {
  const log = new SampleLog();
  log.appendMany(count, text);
  return log;
}

void t.test('entries that continue the own frontier are given away', (t) => {
  const subject = new Subject();
  const log = logOf(20);
  const round = subject.ask(log, 7);
  t.equal(subject.hear(batch(log, { start: 7, end: 12, round: round + 1 })), false, 'other round');
  subject.hear(batch(log, { start: 7, end: 12, round }));
  subject.hear(batch(log, { start: 7, end: 12, round }));
  subject.hear(batch(log, { start: 12, end: 15, round }));
  subject.hear(head(log, round));
  const [result] = subject.results;
  t.match(result, { type: 'entries', hqSize: 20 });
  const entries = result?.type === 'entries' ? result.entries : [];
  t.same(
    entries.map(({ leaf }) => Buffer.from(leaf).toString()),
    log.leaves.slice(7, 15).map((leaf) => Buffer.from(leaf).toString()),
  );
  t.equal(subject.asked(), -1, 'nothing more is asked');
  t.end();
});

void t.test('what no pinned key signed is nothing, and it is asked again', (t) => {
  const subject = new Subject();
  const log = logOf(9);
  const round = subject.ask(log, 4);
  subject.hear(batch(log, { start: 4, end: 9, round }, STRANGER));
  subject.hear({ ...head(log, round), note: cosigned(log, 9, STRANGER) } as ReplicationMessage);
  t.same(subject.results, []);
  t.equal(subject.asked(), -1, 'not at once');
  subject.nowMs += 600_000;
  const again = subject.asked();
  t.ok(again > round, 'in a new round');
  subject.nowMs += 15_000;
  t.equal(subject.asked(), -1, 'an HQ that never answers is left alone for a while');
  subject.nowMs += 600_000;
  t.ok(subject.asked() > again);
  t.end();
});

void t.test('another history is named, and the end is a signed head', (t) => {
  const subject = new Subject();
  const own = logOf(9, 'own');
  const other = logOf(12, 'other');
  const round = subject.ask(own, 9);
  subject.hear(batch(other, { start: 9, end: 12, round }));
  t.match(subject.results, [{ type: 'unfit' }]);
  const second = subject.ask(own, 9);
  subject.hear(head(own, second));
  t.match(subject.results[1], { type: 'end', size: 9, root: own.root() });
  t.end();
});

void t.test('an answer that lost its end, a connection or a blob is made good', (t) => {
  const subject = new Subject();
  const log = logOf(3);
  const salt = Buffer.alloc(32, 1);
  const name = log.appendBlobEntry(salt, Buffer.from('body'));
  log.appendMany(2);
  const round = subject.ask(log, 1);
  subject.hear(batch(log, { start: 1, end: 6, round }));
  subject.nowMs += 15_000;
  t.equal(subject.asked(), -1);
  t.equal(entriesIn(subject.results[0]), 2, 'up to the entry whose blob did not come');

  const second = subject.ask(log, 3);
  subject.hear(batch(log, { start: 3, end: 6, round: second }));
  subject.fetch.disconnected();
  t.equal(subject.asked(), -1);
  subject.fetch.connected(subject.nowMs);
  const third = subject.asked();
  const whole = Buffer.concat([salt, Buffer.from('body')]);
  const { origin } = log;
  const blob = { type: 'blob', origin, round: third, ...name, length: whole.length } as const;
  subject.hear({ ...blob, offset: 0, part: whole });
  subject.hear(batch(log, { start: 3, end: 6, round: third }));
  subject.hear(head(log, third));
  t.equal(entriesIn(subject.results[1]), 3);
  t.match(subject.results[1], { entries: [{ blob: { salt, bytes: Buffer.from('body') } }] });

  const fourth = subject.ask(log, 3);
  subject.hear(batch(log, { start: 3, end: 6, round: fourth }));
  subject.hear(head(log, fourth, [name]));
  t.equal(entriesIn(subject.results[2]), 3, 'a blob that HQ has not either holds nothing up');
  t.end();
});

function entriesIn(result: FetchResult | undefined): number {
  return result?.type === 'entries' ? result.entries.length : -1;
}
