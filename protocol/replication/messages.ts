/**
 * The replication messages as bytes, the same in both directions: one line of RFC 8785 JSON, LF,
 * then the body.
 *
 *     header line ≤ 4 KiB ┊ LF ┊ body
 *     checkpoint   the signed note
 *     batch        u32be n ┊ n bytes of signed note ┊ entries, packed (batch-entries.ts)
 *     blob         one part of salt ‖ bytes
 *     head         the signed note, or nothing where the header says why
 *     control      evidence, mostly nothing
 *     snapshot     a signed snapshot of a feed (protocol/feed/snapshot.ts), or one chunk of it
 *
 * Decoding never throws: garbage comes back as a reason. It checks form and limits only; who
 * signed what, and whether it continues a log, is the mirror's and the source's business. A member
 * the header has beyond the known ones is ignored, so that version 1 can grow by adding.
 */
import { assert } from '../must.ts';
import { encodeBody, readBody } from './message-body.ts';
import { integerUpTo, readHeader, readOptional, textMatching } from './message-header.ts';
import type { HeaderMembers, MemberRule } from './message-header.ts';
import { writeHeader } from './message-header.ts';
import {
  BATCH_ENTRIES_MAX,
  BATCH_EXPANDED_BYTES_MAX,
  BLOB_BYTES_MAX,
  HELD_FEEDS_MAX,
  MESSAGE_BYTES_MAX,
  MISSING_BLOBS_MAX,
  RETRY_AFTER_MS_MAX,
  SINGLE_ENTRY_MESSAGE_BYTES_MAX,
} from './limits.ts';

/** A blob by the entry that names it and by its hash, base64 of SHA-256(salt ‖ bytes). */
export type BlobName = { index: number; sha256: string };

/**
 * `round` ties an answer to the question: the source counts it up whenever it starts over, the
 * mirror echoes the round of what it answers, and answers of an earlier round are ignored.
 */
export type CheckpointMessage = {
  type: 'checkpoint';
  origin: string;
  round: number;
  /** HQ's signed admission of this log (admission.ts); absent on feeds. */
  admission?: string;
  note: string;
};

/** Entries [start, end) and the checkpoint of size `end`. */
export type BatchMessage = {
  type: 'batch';
  origin: string;
  round: number;
  start: number;
  end: number;
  encoding: 'zstd' | 'identity';
  /** Bytes of the entries once expanded. */
  expandedBytes: number;
  note: string;
  packed: Uint8Array;
};

/** `part` lies at `offset` of the blob's `length` bytes (salt ‖ bytes). */
export type BlobMessage = BlobName & {
  type: 'blob';
  origin: string;
  round: number;
  length: number;
  offset: number;
  part: Uint8Array;
};

/**
 * The mirror's answer. With a note it is custody: everything below `size` is durable there. A
 * `reason` says why the last message was refused; the note is empty where the mirror has no head
 * to show, and then the rest is a hint only, because nobody signed it.
 */
export type HeadMessage = {
  type: 'head';
  origin: string;
  round: number;
  size: number;
  /** Names the mirror's life: it changes when the mirror was restored or began anew. */
  incarnation: string;
  /** A `RefusalReason` or one of a later version. */
  reason?: string;
  missingBlobs?: readonly BlobName[];
  retryAfterMs?: number;
  note: string;
};

/**
 * `introduce` (mirror → source): send your checkpoint. `fetch` (source → mirror): send back the
 * entries of `origin` from `start`. `forked`: `evidence` is a signed note that contradicts a head.
 * `feeds` (gateway → headquarters): send the feeds; `held` and `snapshots` go with it. `chunks`:
 * send `count` chunks of `snapshot` from `start` on.
 */
export type ControlMessage = {
  type: 'control';
  origin: string;
  round: number;
  action: string;
  start?: number;
  count?: number;
  /** The name of a snapshot. */
  snapshot?: string;
  /** The version of snapshots that the sender reads. */
  snapshots?: number;
  /** What the sender holds of feeds, each as the newest checkpoint that headquarters signed. */
  held?: readonly string[];
  evidence: string;
};

/** The signed snapshot called `name`, or its chunk number `chunk`. */
export type SnapshotMessage = {
  type: 'snapshot';
  origin: string;
  round: number;
  /** SHA-256 of the signed snapshot, in hex. */
  name: string;
  chunk?: number;
  bytes: Uint8Array;
};

export type ReplicationMessage =
  CheckpointMessage | BatchMessage | BlobMessage | HeadMessage | ControlMessage | SnapshotMessage;

export type MessageType = ReplicationMessage['type'];

export const MESSAGE_TYPES = [
  'checkpoint',
  'batch',
  'blob',
  'head',
  'control',
  'snapshot',
] as const satisfies readonly MessageType[];

/** Why a message was refused; the word travels in a head's `reason`. */
export type RefusalReason =
  /** The bytes are not a message, or do not expand to what they announce. */
  | 'encoding'
  /** A limit of limits.ts is exceeded. */
  | 'oversize'
  /** The mirror does not know the log, and no admission it signed came along. */
  | 'unadmitted'
  /** The checkpoint is not signed by the log's key, or is not the one announced. */
  | 'signature'
  /** The batch starts above the mirror's head. */
  | 'gap'
  /** The entries do not lead from the mirror's head to the signed root. */
  | 'root'
  /** A signed checkpoint contradicts what the mirror holds. */
  | 'fork'
  /** Entries name blobs that are not here yet; `missingBlobs` lists them. */
  | 'blobs'
  /** Not now; `retryAfterMs` says when. */
  | 'busy';

export type DecodedMessage =
  | { ok: true; message: ReplicationMessage }
  | { ok: false; reason: 'encoding' | 'oversize'; detail: string };

const SIZE_MAX = Number.MAX_SAFE_INTEGER;
const anyInteger = integerUpTo(SIZE_MAX);
/** Key names hold no white space, control character or plus sign; limits.ts bounds the header. */
const originText = textMatching(/^[^\s\p{Cc}+]{1,512}$/u);
const word = textMatching(/^[a-z][a-z-]{0,31}$/);
const hashText = textMatching(/^[A-Za-z0-9+/]{43}=$/);
const snapshotName = textMatching(/^[0-9a-f]{64}$/);
const noteText = textMatching(/^[^\r\0]{1,3500}\n$/);
const encodingWord = (value: unknown): 'zstd' | 'identity' | undefined =>
  value === 'zstd' || value === 'identity' ? value : undefined;

/** Bytes of `message`; a message beyond the limits is the sender's own mistake and throws. */
export function encodeMessage(message: ReplicationMessage): Uint8Array {
  const { header, body } = encodeBody(message);
  const payload = writeHeader({ v: 1, ...header }, ...body);
  const single = message.type === 'batch' && message.end - message.start === 1;
  const bytesMax = single ? SINGLE_ENTRY_MESSAGE_BYTES_MAX : MESSAGE_BYTES_MAX;
  assert(payload.length <= bytesMax, 'a message fits its limit');
  return payload;
}

/** Reads a payload, whatever it is. Strings and `packed` may share memory with `payload`. */
export function decodeMessage(payload: Uint8Array): DecodedMessage {
  if (payload.length > SINGLE_ENTRY_MESSAGE_BYTES_MAX) return oversize('the message is too large');
  const read = readHeader(payload);
  if (!read.ok) return { ok: false, reason: 'encoding', detail: read.detail };
  const reader = new MemberReader(read.members);
  if (reader.need('v', anyInteger) !== 1) return encoding('the header has no v of 1');
  const type = MESSAGE_TYPES.find((known) => known === read.members['type']);
  if (type === undefined) return encoding('the header has no known type');
  const message = readMembers(type, reader, read.body);
  if (reader.wrong !== undefined) return encoding(`the member ${reader.wrong} is missing or wrong`);
  if (message === undefined) return encoding('the body does not have the form of its type');
  return checkLimits(message, payload.length);
}

function checkLimits(message: ReplicationMessage, payloadBytes: number): DecodedMessage {
  const single = message.type === 'batch' && message.end - message.start === 1;
  if (payloadBytes > MESSAGE_BYTES_MAX && !single) return oversize('the message is too large');
  if (message.type === 'batch') {
    if (message.end <= message.start) return encoding('the batch holds no entry');
    if (message.end - message.start > BATCH_ENTRIES_MAX) return oversize('too many entries');
    if (message.expandedBytes > BATCH_EXPANDED_BYTES_MAX) return oversize('expands too far');
  }
  if (message.type === 'blob') {
    if (message.length > BLOB_BYTES_MAX) return oversize('the blob is too large');
    if (message.part.length === 0) return encoding('the blob part is empty');
    if (message.offset + message.part.length > message.length) {
      return encoding('the blob part reaches past its blob');
    }
  }
  if (message.type === 'head' && message.note === '' && message.reason === undefined) {
    return encoding('a head without a note says no reason');
  }
  return { ok: true, message };
}

/** Collects the first member that broke its rule, so that the readers below stay one expression. */
class MemberReader {
  readonly members: HeaderMembers;
  wrong: string | undefined;

  constructor(members: HeaderMembers) {
    this.members = members;
  }

  need<T>(name: string, rule: MemberRule<T>): T | undefined {
    const value = Object.hasOwn(this.members, name) ? rule(this.members[name]) : undefined;
    if (value === undefined) this.wrong ??= name;
    return value;
  }

  /** `{}` or `{name: value}`, to be spread. */
  may<N extends string, T>(name: N, rule: MemberRule<T>): Partial<Record<N, T>> {
    const read = readOptional(this.members, name, rule);
    if (!read.ok) this.wrong ??= name;
    if (!read.ok || read.value === undefined) return {};
    return { [name]: read.value } as Record<N, T>;
  }
}

function readMembers(
  type: MessageType,
  reader: MemberReader,
  bytes: Uint8Array,
): ReplicationMessage | undefined {
  const body = readBody(type, bytes);
  const origin = reader.need('origin', originText);
  const round = reader.need('round', anyInteger);
  if (origin === undefined || round === undefined || body === undefined) return undefined;
  const { note, rest } = body;
  switch (type) {
    case 'checkpoint':
      return { type, origin, round, ...reader.may('admission', noteText), note };
    case 'batch': {
      const start = reader.need('start', anyInteger) ?? 0;
      const end = reader.need('end', anyInteger) ?? 0;
      const expandedBytes = reader.need('expandedBytes', anyInteger) ?? 0;
      const coding = reader.need('encoding', encodingWord) ?? 'identity';
      return {
        type,
        origin,
        round,
        start,
        end,
        expandedBytes,
        encoding: coding,
        note,
        packed: rest,
      };
    }
    case 'blob': {
      const index = reader.need('index', anyInteger) ?? 0;
      const sha256 = reader.need('sha256', hashText) ?? '';
      const length = reader.need('length', anyInteger) ?? 0;
      const offset = reader.need('offset', anyInteger) ?? 0;
      return { type, origin, round, index, sha256, length, offset, part: rest };
    }
    case 'head':
      return readHead(reader, { origin, round, note });
    case 'control': {
      const action = reader.need('action', word) ?? '';
      const more = {
        ...reader.may('start', anyInteger),
        ...reader.may('count', anyInteger),
        ...reader.may('snapshot', snapshotName),
        ...reader.may('snapshots', anyInteger),
        ...reader.may('held', heldNotes),
      };
      return { type, origin, round, action, ...more, evidence: note };
    }
    case 'snapshot': {
      const name = reader.need('name', snapshotName) ?? '';
      return { type, origin, round, name, ...reader.may('chunk', anyInteger), bytes: rest };
    }
  }
}

function readHead(
  reader: MemberReader,
  common: { origin: string; round: number; note: string },
): HeadMessage {
  return {
    type: 'head',
    ...common,
    size: reader.need('size', anyInteger) ?? 0,
    incarnation: reader.need('incarnation', textMatching(/^[A-Za-z0-9._-]{1,64}$/)) ?? '',
    ...reader.may('reason', word),
    ...reader.may('missingBlobs', blobNames),
    ...reader.may('retryAfterMs', integerUpTo(RETRY_AFTER_MS_MAX)),
  };
}

function heldNotes(value: unknown): string[] | undefined {
  if (!Array.isArray(value) || value.length > HELD_FEEDS_MAX) return undefined;
  return value.every((note) => typeof note === 'string') ? value : undefined;
}

function blobNames(value: unknown): BlobName[] | undefined {
  if (!Array.isArray(value) || value.length > MISSING_BLOBS_MAX) return undefined;
  const names: BlobName[] = [];
  for (const item of value as unknown[]) {
    if (typeof item !== 'object' || item === null) return undefined;
    const index = anyInteger((item as HeaderMembers)['index']);
    const sha256 = hashText((item as HeaderMembers)['sha256']);
    if (index === undefined || sha256 === undefined) return undefined;
    names.push({ index, sha256 });
  }
  return names;
}

function encoding(detail: string): DecodedMessage {
  return { ok: false, reason: 'encoding', detail };
}

function oversize(detail: string): DecodedMessage {
  return { ok: false, reason: 'oversize', detail };
}
