/**
 * Goal: the replication messages of SPEC.md stay what they are, byte for byte. Method: each known
 * answer decodes, encodes back to itself, and its signatures hold under the keys given; the text of
 * the specification shows the same lines.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { openCheckpoint } from '../log/checkpoint.ts';
import { must } from '../must.ts';
import { openAdmission } from '../replication/admission.ts';
import { expandEntries } from '../replication/batch-entries.ts';
import { openHead } from '../replication/head.ts';
import { decodeMessage, encodeMessage, type ReplicationMessage } from '../replication/messages.ts';

type Vectors = {
  keys: { log: string; durable: string; feed: string };
  messages: { name: string; payload: string }[];
};

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const { keys, messages } = JSON.parse(read('./replication.json')) as Vectors;
const specification = read('../SPEC.md');

function message(name: string): ReplicationMessage {
  const found = must(
    messages.find((known) => known.name === name),
    'the known answer exists',
  );
  const decoded = decodeMessage(Buffer.from(found.payload, 'base64'));
  if (!decoded.ok) throw new RangeError(decoded.detail);
  return decoded.message;
}

void t.test('each message encodes to its known answer', (t) => {
  for (const { name, payload } of messages) {
    t.equal(Buffer.from(encodeMessage(message(name))).toString('base64'), payload, name);
  }
  t.end();
});

void t.test('the signatures in them hold', (t) => {
  const checkpoint = message('checkpoint');
  const batch = message('batch');
  const head = message('head after the batch');
  if (checkpoint.type !== 'checkpoint' || batch.type !== 'batch' || head.type !== 'head') {
    throw new RangeError('the known answers are of their types');
  }
  const { origin } = checkpoint;
  t.same(openAdmission(checkpoint.admission ?? '', [keys.feed]), { origin, vkey: keys.log });
  t.equal(openCheckpoint(checkpoint.note, [keys.log]).size, 3);
  t.match(openHead(head, [keys.durable, keys.feed]), { ok: true, signed: { size: 3 } });
  t.equal(openHead(head, [keys.feed]).ok, false, 'the feed key cannot sign heads');
  const expanded = expandEntries(batch, () => undefined);
  t.equal(expanded.ok && Buffer.concat(expanded.leaves).toString(), 'entry-0entry-1entry-2');
  t.end();
});

void t.test('the specification shows the same lines', (t) => {
  for (const name of ['checkpoint', 'head of an empty mirror', 'head after the batch']) {
    const text = Buffer.from(encodeMessage(message(name))).toString('utf8');
    t.ok(specification.includes(text), name);
  }
  t.end();
});
