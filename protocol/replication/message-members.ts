/**
 * The members of a message's header, each read against its rule. What is wrong is named by its first
 * member; members that nobody knows are ignored.
 */
import { HELD_FEEDS_MAX, MISSING_BLOBS_MAX, RETRY_AFTER_MS_MAX } from './limits.ts';
import { readBody } from './message-body.ts';
import { integerUpTo, readOptional, textMatching } from './message-header.ts';
import type { HeaderMembers, MemberRule } from './message-header.ts';
import type {
  BatchMessage,
  BlobName,
  ControlMessage,
  HeadMessage,
  MessageType,
  ReplicationMessage,
} from './messages.ts';

const SIZE_MAX = Number.MAX_SAFE_INTEGER;
export const anyInteger = integerUpTo(SIZE_MAX);
/** Key names hold no white space, control character or plus sign; limits.ts bounds the header. */
const originText = textMatching(/^[^\s\p{Cc}+]{1,512}$/u);
const word = textMatching(/^[a-z][a-z-]{0,31}$/);
const hashText = textMatching(/^[A-Za-z0-9+/]{43}=$/);
const snapshotName = textMatching(/^[0-9a-f]{64}$/);
const noteText = textMatching(/^[^\r\0]{1,3500}\n$/);
const encodingWord = (value: unknown): 'zstd' | 'identity' | undefined =>
  value === 'zstd' || value === 'identity' ? value : undefined;

/** Collects the first member that broke its rule, so that the readers below stay one expression. */
export class MemberReader {
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

export function readMembers(
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
    case 'batch':
      return { type, ...readBatch(reader), origin, round, note, packed: rest };
    case 'blob': {
      const index = reader.need('index', anyInteger) ?? 0;
      const sha256 = reader.need('sha256', hashText) ?? '';
      const length = reader.need('length', anyInteger) ?? 0;
      const offset = reader.need('offset', anyInteger) ?? 0;
      return { type, origin, round, index, sha256, length, offset, part: rest };
    }
    case 'head':
      return readHead(reader, { origin, round, note });
    case 'control':
      return { type, origin, round, ...readControl(reader), evidence: note };
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

function readBatch(
  reader: MemberReader,
): Pick<BatchMessage, 'start' | 'end' | 'expandedBytes' | 'encoding'> {
  return {
    start: reader.need('start', anyInteger) ?? 0,
    end: reader.need('end', anyInteger) ?? 0,
    expandedBytes: reader.need('expandedBytes', anyInteger) ?? 0,
    encoding: reader.need('encoding', encodingWord) ?? 'identity',
  };
}

function readControl(
  reader: MemberReader,
): Omit<ControlMessage, 'type' | 'origin' | 'round' | 'evidence'> {
  return {
    action: reader.need('action', word) ?? '',
    ...reader.may('start', anyInteger),
    ...reader.may('count', anyInteger),
    ...reader.may('snapshot', snapshotName),
    ...reader.may('snapshots', anyInteger),
    ...reader.may('held', heldNotes),
  };
}
