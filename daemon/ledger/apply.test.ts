/**
 * Goal: each row of the decision table gives its answer and writes what it should, nothing else.
 * Method: the pure core over the memory store; entries are read back with the strict decoder.
 */
import t from 'tap';
import { decodeEntry, type EntryHeader } from '../../protocol/log/entry.ts';
import { must } from '../../protocol/must.ts';
import { REJECTED_BYTES_MAX, REJECTED_ENTRIES_MAX } from './apply-refused.ts';
import type { Command } from './commands.ts';
import type { LedgerCore } from './ledger-core.ts';
import { FakeClock, newCore, ORIGIN, refused, sale, uuid } from './ledger-fixtures.ts';
import { MemoryStore } from './memory-store.ts';
import type { Reply } from './reply.ts';
import { blobHash } from '../../protocol/log/entry.ts';
import { base64 } from './reply.ts';

function run(core: LedgerCore, command: Command): Reply {
  const [outcome] = core.run([command]);
  if (outcome === undefined || outcome instanceof Error) throw outcome ?? new Error('no outcome');
  return outcome;
}

function header(core: LedgerCore, index: number, epoch = 1): EntryHeader {
  return decodeEntry(must(core.view.leaf({ epoch, index }), 'the entry is there')).header;
}

function result(reply: Reply): Record<string, unknown> {
  return JSON.parse(reply.text) as Record<string, unknown>;
}

void t.test('a sale is booked and its answer says where', (t) => {
  const core = newCore(new MemoryStore());
  const submission = sale('a');
  const reply = run(core, submission);
  t.match(reply, { outcome: 'accepted', index: 1, origin: ORIGIN, duplicate: false });
  t.match(result(reply), {
    transactionId: uuid('a'),
    submissionHash: base64(submission.submissionHash),
    outcome: 'accepted',
    origin: ORIGIN,
    index: 1,
    leafHash: base64(must(core.view.leafHash({ epoch: 1, index: 1 }), 'hashed')),
    recordedAt: '2010-12-01T08:26:00.000Z',
  });
  t.match(header(core, 1), { kind: 'transaction', deviceId: 'till-1', transactionId: uuid('a') });
  t.notOk('sequenceGap' in header(core, 1));
  t.end();
});

void t.test('the same content again gets the same answer and writes nothing', (t) => {
  const core = newCore(new MemoryStore());
  const first = run(core, sale('a'));
  const again = run(core, sale('a'));
  t.equal(again.text, first.text, 'the same bytes get the same bytes');
  t.equal(again.duplicate, true);
  t.equal(core.tip().size, 2);
  const body = Buffer.from('{"other":"key order"}');
  const reordered = result(run(core, sale('a', { body, deviceId: 'till-2' })));
  t.match(reordered, { outcome: 'accepted', index: 1 }, 'from any device, in any form');
  t.not(reordered['submissionHash'], result(first)['submissionHash'], 'names what it received');
  t.end();
});

void t.test('other content under a claimed id is a conflict, kept once', (t) => {
  const core = newCore(new MemoryStore());
  const accepted = result(run(core, sale('a')));
  const conflict = run(core, sale('a', { content: 'other' }));
  t.equal(conflict.outcome, 'conflict');
  t.match(result(conflict), {
    outcome: 'conflict',
    index: 2,
    claimedBy: { origin: ORIGIN, index: 1, leafHash: accepted['leafHash'] },
    errors: [{ code: 'TXN_ID_CLAIMED', path: '/transactionId' }],
  });
  const again = run(core, sale('a', { content: 'other' }));
  t.equal(again.text, conflict.text);
  t.equal(core.tip().size, 3);
  t.equal(run(core, sale('a')).index, 1, 'the first stands');
  t.match(header(core, 2), { kind: 'conflict', rule: 'firstStands' });
  t.end();
});

void t.test('a refusal is kept with its body as a salted blob, and given again', (t) => {
  const core = newCore(new MemoryStore());
  const submission = refused('x');
  const first = run(core, submission);
  t.match(result(first), { outcome: 'rejected', index: 1, errors: [{ code: 'TXN_NOT_JSON' }] });
  const blob = must(core.view.blob({ epoch: 1, index: 1 }), 'the body is kept');
  t.strictSame(Buffer.from(blob.bytes), Buffer.from(submission.body));
  t.equal(header(core, 1).body.sha256, base64(blobHash(blob.salt, blob.bytes)));
  t.equal(run(core, refused('x')).text, first.text);
  t.equal(core.tip().size, 2);
  t.equal(
    run(core, refused('x', { deviceId: 'till-2' })).index,
    2,
    'another device, another entry',
  );
  t.end();
});

void t.test('a refusal claims nothing: the corrected content is booked', (t) => {
  const core = newCore(new MemoryStore());
  run(core, refused('x'));
  t.equal(run(core, sale('x')).outcome, 'accepted');
  t.end();
});

void t.test('text that has no canonical form does not stop a refusal', (t) => {
  const core = newCore(new MemoryStore());
  const reply = run(core, refused('x', { message: 'got \ud800' }));
  t.match(result(reply), { errors: [{ message: 'got \ufffd' }] });
  t.end();
});

void t.test('an oversized submission leaves hash and length only', (t) => {
  const core = newCore(new MemoryStore());
  const submission: Command = {
    ...refused('x'),
    body: new Uint8Array(0),
    judgement: { verdict: 'oversized', length: 2_000_000, mediaType: 'application/json' },
  };
  const reply = run(core, submission);
  t.match(result(reply), {
    outcome: 'rejected',
    errors: [{ code: 'TXN_TOO_LARGE', got: 2_000_000 }],
  });
  t.match(header(core, 1), {
    body: { at: 'inline', length: 0 },
    notKept: { length: 2_000_000, sha256: base64(submission.submissionHash) },
  });
  t.equal(core.view.blob({ epoch: 1, index: 1 }), undefined);
  t.equal(run(core, submission).text, reply.text);
  t.end();
});

void t.test('above the quota one summary entry stands for all that follow on that day', (t) => {
  const clock = new FakeClock();
  const core = newCore(new MemoryStore(), clock);
  const flood = (count: number, name: string): Reply[] =>
    Array.from({ length: count }, (_, at) => run(core, refused(`${name} ${at}`)));
  flood(REJECTED_ENTRIES_MAX, 'within');
  const before = core.tip().size;
  const above = flood(5, 'above');
  t.equal(core.tip().size, before + 1, 'one entry for all five');
  t.ok(above.every((reply) => result(reply)['index'] === before && reply.outcome === 'rejected'));
  t.match(result(must(above[4], 'answered')), { errors: [{ code: 'TXN_NOT_JSON' }] });
  t.match(header(core, before), { kind: 'rejected', event: 'quotaReached', day: '2010-12-01' });
  t.equal(core.view.device('till-1')?.rejectedUncounted, 5);
  t.equal(run(core, sale('a')).outcome, 'accepted', 'sales are not touched by it');

  clock.wall += 24 * 3_600_000;
  const nextDay = run(core, refused('next day'));
  t.match(header(core, nextDay.index - 1), { kind: 'audit', event: 'rejectionsCounted', count: 5 });
  t.match(header(core, nextDay.index), { kind: 'rejected', errors: [{ code: 'TXN_NOT_JSON' }] });
  t.end();
});

void t.test('the quota counts bytes too', (t) => {
  const core = newCore(new MemoryStore());
  const body = (name: string): Uint8Array => Buffer.from(name.padEnd(1_000_000, 'x'));
  const fits = Math.floor(REJECTED_BYTES_MAX / 1_000_000);
  for (let at = 0; at < fits; at += 1) run(core, refused('', { body: body(`${at}`) }));
  const reply = run(core, refused('', { body: body('one more') }));
  t.match(header(core, reply.index), { event: 'quotaReached' });
  t.end();
});

void t.test('a jump of the sequence number is noted, not refused', (t) => {
  const core = newCore(new MemoryStore());
  for (const [name, sequenceNumber] of [
    ['a', 7],
    ['b', 8],
    ['c', 12],
    ['d', 3],
  ] as const) {
    t.equal(run(core, sale(name, { sequenceNumber })).outcome, 'accepted');
  }
  t.notOk('sequenceGap' in header(core, 1));
  t.notOk('sequenceGap' in header(core, 2));
  t.strictSame(header(core, 3)['sequenceGap'], { expected: 9, got: 12 });
  t.strictSame(header(core, 4)['sequenceGap'], { expected: 13, got: 3 });
  t.end();
});

void t.test('training, newer schemas and signatures are marked on the entry', (t) => {
  const core = newCore(new MemoryStore());
  const signature = { kid: 'k', alg: 'Ed25519' };
  run(core, sale('a', { training: true }));
  run(core, sale('b', { interpreted: false, sequenceNumber: null }));
  run(core, sale('c', { signature, mediaType: 'application/jose' }));
  t.match(header(core, 1), { training: true });
  t.match(header(core, 2), { uninterpreted: true });
  t.match(header(core, 3), { signature, mediaType: 'application/jose' });
  t.end();
});

void t.test('a large body is a blob, and the sale is booked like others', (t) => {
  const core = newCore(new MemoryStore());
  const body = Buffer.alloc(32_769, 'x');
  const reply = run(core, sale('a', { body }));
  t.match(header(core, reply.index).body, { at: 'blob', length: 32_769 });
  t.strictSame(Buffer.from(must(core.view.blob({ epoch: 1, index: 1 }), 'kept').bytes), body);
  t.end();
});

void t.test('a missing lastResult raises the alarm each time and is audited once', (t) => {
  const core = newCore(new MemoryStore());
  const held = (index: number, leafHash: string, origin = ORIGIN): Command =>
    sale(`${origin} ${index}`, { lastResult: { origin, index, leafHash } });
  const known = result(run(core, sale('known')));
  t.equal(run(core, held(1, String(known['leafHash']))).alarms, undefined, 'what we have is fine');

  const first = run(core, held(900, 'AAAA'));
  t.match(first, {
    outcome: 'accepted',
    alarms: [{ code: 'LOG_ROLLED_BACK', deviceId: 'till-1' }],
  });
  t.match(header(core, first.index), { kind: 'transaction' });
  t.match(header(core, first.index - 1), { kind: 'audit', event: 'lastResultMissing' });
  t.ok(header(core, first.index - 1).hlc < header(core, first.index).hlc, 'in order');

  const second = run(core, held(901, 'AAAA'));
  t.equal(second.index, first.index + 1, 'no second audit entry');
  t.equal(second.alarms?.length, 1);

  const changed = run(core, held(1, 'AAAA'));
  t.equal(changed.alarms?.length, 1, 'another leaf at that index is missing too');
  const epoch = 'shop.example/acme/s0417/g1/e7-01234567';
  t.equal(run(core, held(1, 'AAAA', epoch)).alarms?.length, 1, 'an epoch of ours we never had');
  const other = 'shop.example/acme/s0417/g2/e1';
  t.equal(run(core, held(1, 'AAAA', other)).alarms, undefined, 'another gateway is not our log');
  t.equal(run(core, held(2, 'AAAA', 'no origin')).alarms, undefined);
  t.end();
});

void t.test('answers outlive epochs: the index counts in the log it was booked in', (t) => {
  const core = newCore(new MemoryStore());
  const first = run(core, sale('a'));
  const conflict = run(core, sale('a', { content: 'other' }));
  const origin = 'shop.example/acme/s0417/g1/e2-89abcdef';
  const members = { prevOrigin: ORIGIN, prevSize: 3, prevRoot: 'AAAA' };
  t.match(core.openEpoch({ origin, reason: 'rolledBack', members }), { epoch: 2, origin, size: 1 });
  t.match(header(core, 0, 2), { kind: 'epoch', reason: 'rolledBack', ...members });
  t.equal(run(core, sale('a')).text, first.text);
  t.equal(run(core, sale('a', { content: 'other' })).text, conflict.text);
  t.match(run(core, sale('b')), { origin, index: 1 });
  t.end();
});

void t.test('the gateway appends entries of its own', (t) => {
  const core = newCore(new MemoryStore());
  const members = { event: 'enrolled', role: 'till' };
  const reply = run(core, { type: 'append', kind: 'device', deviceId: 'till-1', members });
  t.match(reply, { outcome: 'appended', index: 1, text: '' });
  t.match(header(core, 1), { kind: 'device', deviceId: 'till-1', ...members });
  const [shadowed] = core.run([{ type: 'append', kind: 'note', members: { index: 9 } }]);
  t.match(shadowed, { code: 'INTERNAL' }, 'members never shadow those of every entry');
  t.end();
});

void t.test('what is to be written once is found again, in later epochs too', (t) => {
  const core = newCore(new MemoryStore());
  const note: Command = { type: 'append', kind: 'note', members: { says: 'x' }, once: 'deficit/1' };
  t.match(run(core, note), { outcome: 'appended', index: 1, duplicate: false });
  t.match(run(core, note), { outcome: 'appended', index: 1, duplicate: true });
  t.match(run(core, { ...note, once: 'deficit/2' }), { index: 2, duplicate: false });
  core.openEpoch({ origin: `${ORIGIN.slice(0, -1)}2`, reason: 'rolledBack', members: {} });
  t.match(run(core, note), { origin: ORIGIN, index: 1, duplicate: true });
  t.equal(core.tip().size, 1);
  t.equal(header(core, 1)['once'], 'deficit/1');
  t.end();
});

void t.test('a command that cannot be applied fails alone', (t) => {
  const core = newCore(new MemoryStore());
  const outcomes = core.run([
    sale('a'),
    { type: 'append', kind: 'note', members: { v: 9 } },
    sale('b'),
  ]);
  t.match(outcomes, [{ outcome: 'accepted', index: 1 }, { code: 'INTERNAL' }, { index: 2 }]);
  t.end();
});
