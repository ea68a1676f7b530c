/**
 * What a gateway tells headquarters of feeds, and gives back of them: a headquarters that was restored
 * from an older copy lacks what it had published since, and its gateways hold that, signed by itself.
 * Nothing is judged here: headquarters verifies all of it by its own signature.
 */
import { zstdCompressSync } from 'node:zlib';
import type { FeedDatabase } from '../../platform/feeds/feed-database.ts';
import { packEntries } from '../../protocol/replication/batch-entries.ts';
import { HELD_FEEDS_MAX } from '../../protocol/replication/limits.ts';
import { encodeMessage } from '../../protocol/replication/messages.ts';
import type { ControlMessage, MessageType } from '../../protocol/replication/messages.ts';

/** Of one answer: headquarters asks on from where it got, so a loss costs so much. */
const BATCHES_MAX = 16;
/** All notes together, so that they fit a header line. */
const NOTES_BYTES_MAX = 3_000;

/** The newest checkpoint that headquarters signed of each feed here, those of earlier lives too. */
export function heldNotes(database: FeedDatabase): string[] {
  const active = database.feeds().filter(({ state }) => state === 'active');
  const notes: string[] = [];
  let bytes = 0;
  for (const { note } of [...active, ...database.past()]) {
    bytes += Buffer.byteLength(note);
    if (note === '' || notes.length === HELD_FEEDS_MAX || bytes > NOTES_BYTES_MAX) continue;
    notes.push(note);
  }
  return notes;
}

/** Answers a `fetch` of headquarters: batches from `start` on, and then how far they went. */
export function sendBack(
  database: FeedDatabase,
  { origin, round, start = 0 }: ControlMessage,
  send: (type: MessageType, payload: Uint8Array) => void,
): void {
  const feeds = [...database.feeds(), ...database.past()];
  const held = feeds.find((feed) => feed.origin === origin);
  let next = start;
  for (let count = 0; held !== undefined && count < BATCHES_MAX; count++) {
    const batch = database.leaves.batch(held.generation, next);
    if (batch === undefined) break;
    const { leaves, end, note } = batch;
    const packed = packEntries(leaves, (bytes) => zstdCompressSync(bytes));
    send(
      'batch',
      encodeMessage({ type: 'batch', origin, round, start: next, end, note, ...packed }),
    );
    next = end;
  }
  const fetched = { type: 'control', origin, round, action: 'fetched', start: next } as const;
  send('control', encodeMessage({ ...fetched, evidence: '' }));
}
