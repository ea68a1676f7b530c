/**
 * Goal: the fast template writes exactly what the canonical encoder writes, for every plain sale.
 * Method: both make the same entry from random facts.
 */
import fc from 'fast-check';
import t from 'tap';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { leafHash } from '../../protocol/log/merkle.ts';
import { EntryClockwork } from './entry-clock.ts';
import { draftEntry, draftPlainSale } from './entry-draft.ts';
import { FakeClock, sha256, uuid } from './ledger-fixtures.ts';
import { base64 } from './reply.ts';

function context(wall: number): ReturnType<EntryClockwork['read']> {
  const clock = new FakeClock();
  clock.wall = wall;
  const randomBytes = (count: number): Uint8Array => new Uint8Array(count);
  return new EntryClockwork({ clock, bootId: 'b-1', source: 'system', randomBytes }).read();
}

void t.test('the template equals the canonical encoder byte for byte', (t) => {
  const facts = fc.record({
    index: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
    deviceId: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/),
    name: fc.string(),
    body: fc.uint8Array({ maxLength: 2_000 }),
    mediaType: fc.constantFrom('application/json', 'application/jose'),
    wall: fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }),
  });
  fc.assert(
    fc.property(facts, ({ index, deviceId, name, body, mediaType, wall }) => {
      const transactionId = uuid(name);
      const contentHash = base64(sha256(name));
      const bodyHash = base64(sha256(body));
      const fast = draftPlainSale(
        { index, deviceId, transactionId, contentHash, mediaType, body, bodyHash },
        context(wall),
      );
      const members = { deviceId, transactionId, contentHash, mediaType };
      const slow = draftEntry(
        { index, kind: 'transaction', members, body, claims: transactionId },
        context(wall),
      );
      t.equal(Buffer.compare(fast.leaf, slow.leaf), 0);
      t.equal(Buffer.compare(fast.leafHash, leafHash(fast.leaf)), 0);
      t.equal(fast.claims, slow.claims);
      decodeEntry(fast.leaf);
    }),
  );
  t.end();
});

void t.test('the hybrid clock never goes back, whatever the wall clock does', (t) => {
  const clock = new FakeClock();
  const randomBytes = (count: number): Uint8Array => new Uint8Array(count);
  const options = { clock, bootId: 'b-1', source: 'system', randomBytes };
  const clockwork = new EntryClockwork(options);
  let last = '';
  for (const jump of [0, 5, -1_000_000, 0, 86_400_000, -1]) {
    clock.wall += jump;
    const entries = clockwork.read();
    for (const hlc of [entries.nextHlc(), entries.nextHlc()]) {
      t.ok(hlc > last);
      last = hlc;
    }
  }
  const afterRestart = new EntryClockwork({ ...options, lastHlc: last });
  clock.wall = 0;
  t.ok(afterRestart.read().nextHlc() > last, 'nor over a restart with a clock at 1970');
  t.end();
});
