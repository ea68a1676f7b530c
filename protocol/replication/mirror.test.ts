/**
 * Goal: a mirror takes exactly the bytes that continue the log and names what is wrong with all
 * others. Method: one log, its batches as they are, and each of them bent in one way.
 */
import t from 'tap';
import { formatCheckpoint } from '../log/checkpoint.ts';
import { Frontier } from '../log/merkle.ts';
import { signNote } from '../log/note.ts';
import { SampleLog, sampleSigner } from './fixtures/sample-log.ts';
import type { BatchMessage } from './messages.ts';
import { Mirror, type Append } from './mirror.ts';

function emptyMirror(log: SampleLog): Mirror {
  const { origin, signer } = log;
  const rootAt = (size: number): Uint8Array => log.root(size);
  const frontier = new Frontier();
  return new Mirror({ origin, logVkey: signer.vkey, frontier, expand: () => undefined, rootAt });
}

function logOf(count: number): SampleLog {
  const log = new SampleLog();
  log.appendMany(count);
  return log;
}

function take(mirror: Mirror, batch: BatchMessage): Append {
  const considered = mirror.consider(batch);
  if (considered.verdict !== 'append') throw new RangeError(considered.verdict);
  mirror.commit(considered);
  return considered;
}

function reasonOf(mirror: Mirror, batch: BatchMessage): string {
  const considered = mirror.consider(batch);
  return considered.verdict === 'refused' ? considered.reason : considered.verdict;
}

void t.test('contiguous batches bring the mirror to the root of the log', (t) => {
  const log = logOf(10);
  const mirror = emptyMirror(log);
  take(mirror, log.batch(0, 4));
  take(mirror, log.batch(4, 10));
  t.equal(mirror.size, 10);
  t.same(mirror.root, log.root());
  t.end();
});

void t.test('nothing changes until the append is committed', (t) => {
  const log = logOf(4);
  const mirror = emptyMirror(log);
  t.equal(mirror.consider(log.batch(0, 4)).verdict, 'append');
  t.equal(mirror.size, 0);
  t.equal(mirror.consider(log.batch(0, 4)).verdict, 'append');
  t.end();
});

void t.test('an overlapping batch gives only what is new', (t) => {
  const log = logOf(9);
  const mirror = emptyMirror(log);
  take(mirror, log.batch(0, 5));
  const { start, leaves } = take(mirror, log.batch(2, 9));
  t.equal(start, 5);
  t.same(leaves, log.leaves.slice(5));
  t.equal(reasonOf(mirror, log.batch(2, 9)), 'duplicate');
  t.equal(reasonOf(mirror, log.batch(0, 5)), 'duplicate');
  t.end();
});

void t.test('staged batches wait for one commit and can be rolled back', (t) => {
  const log = logOf(6);
  const mirror = emptyMirror(log);
  const first = mirror.consider(log.batch(0, 2));
  if (first.verdict !== 'append') throw new RangeError('the first batch continues the log');
  mirror.stage(first);
  const second = mirror.consider(log.batch(2, 6));
  if (second.verdict !== 'append') throw new RangeError('the second batch continues the first');
  mirror.stage(second);
  t.equal(mirror.size, 0);
  mirror.rollback();
  t.equal(reasonOf(mirror, log.batch(2, 6)), 'gap');
  mirror.stage(first);
  mirror.stage(second);
  mirror.commit(second);
  t.equal(mirror.size, 6);
  t.end();
});

void t.test('what does not continue the log is refused by name', (t) => {
  const log = logOf(8);
  const other = new SampleLog('hq.example.com/acme/s0417/g2/e1', 2);
  other.appendMany(8);
  const batch = log.batch(2, 6);
  const swapped = { ...batch, packed: log.batch(3, 7).packed };
  const foreign = sampleSigner(log.origin, 9);
  const text = formatCheckpoint({ origin: log.origin, size: 6, root: log.root(6) });
  const refusals: [string, BatchMessage, string][] = [
    ['it starts above the head', log.batch(3, 6), 'gap'],
    ['its entries are others', swapped, 'root'],
    ['its entries are garbage', { ...batch, packed: Buffer.from('garbage') }, 'encoding'],
    ['it expands too far', { ...batch, expandedBytes: 2 ** 30 }, 'oversize'],
    ['its checkpoint is of another size', { ...batch, note: log.note(7) }, 'signature'],
    ['its checkpoint is of another log', { ...batch, note: other.note(6) }, 'signature'],
    ['another key signed', { ...batch, note: signNote(text, foreign) }, 'signature'],
    ['its checkpoint is garbage', { ...batch, note: 'garbage\n' }, 'signature'],
    ['its origin is of another log', { ...batch, origin: other.origin }, 'unadmitted'],
  ];
  const mirror = emptyMirror(log);
  take(mirror, log.batch(0, 2));
  for (const [name, bent, reason] of refusals) t.equal(reasonOf(mirror, bent), reason, name);
  t.equal(mirror.size, 2);
  t.equal(reasonOf(mirror, batch), 'append');
  t.end();
});

void t.test('two lives of one log are a fork', (t) => {
  const log = logOf(6);
  const clone = new SampleLog();
  clone.appendMany(3);
  clone.appendMany(3, 'other');
  const mirror = emptyMirror(log);
  take(mirror, log.batch(0, 6));
  t.equal(reasonOf(mirror, clone.batch(0, 6)), 'fork');
  t.match(mirror.considerCheckpoint(clone.note()), { verdict: 'refused', reason: 'fork' });
  t.match(mirror.considerCheckpoint(log.note(3)), { verdict: 'known' });
  log.appendMany(1);
  t.match(mirror.considerCheckpoint(log.note()), { verdict: 'ahead' });
  t.end();
});

void t.test('new entries name the blobs they need', (t) => {
  const log = logOf(1);
  const blob = log.appendBlobEntry(Buffer.alloc(32, 7), Buffer.from('{"broken"'));
  log.append(Buffer.from('not an entry that says "at":"blob"'));
  const mirror = emptyMirror(log);
  t.same(take(mirror, log.batch(0, 3)).blobs, [blob]);
  t.end();
});
