/**
 * From a command to the leaf of an entry: header, body and where the body goes. The one kind that
 * matters for speed, an ordinary sale, has its header written by a template whose members already
 * stand in RFC 8785 order; everything else goes through the canonical encoder. A test holds both
 * against each other. Nothing here reads a clock or makes randomness: the context brings them.
 */
import type { Json } from '../../protocol/json/json-value.ts';
import {
  blobBody,
  encodeEntry,
  ENTRY_VERSION,
  INLINE_BODY_MAX,
  inlineBody,
  type EntryClock,
  type EntryHeader,
  type EntryKind,
} from '../../protocol/log/entry.ts';
import { leafHash } from '../../protocol/log/merkle.ts';
import type { Blob, EntryDraft } from './ledger-port.ts';

/** What an entry takes from its surroundings; the same for all commands of one commit. */
export interface EntryContext {
  readonly clock: EntryClock;
  /** RFC 3339 of `clock.wall`. */
  readonly recordedAt: string;
  /** The canonical text of `clock`. */
  readonly clockText: string;
  /** The next reading of the hybrid clock; later than every one before. */
  nextHlc(): string;
  /** 32 fresh random bytes. */
  salt(): Uint8Array;
}

export interface DraftOptions {
  readonly index: number;
  readonly kind: EntryKind;
  readonly members: Readonly<Record<string, Json | undefined>>;
  readonly body?: Uint8Array;
  /** Rejected bodies are blobs whatever their size, so that they can be redacted. */
  readonly alwaysBlob?: boolean;
  readonly claims?: string;
  readonly answers?: Uint8Array;
}

/** One entry of any kind. `members` holds deviceId, mediaType and contentHash too, if any. */
export function draftEntry(options: DraftOptions, context: EntryContext): EntryDraft {
  const { body } = options;
  const blob =
    body !== undefined &&
    body.length > 0 &&
    (options.alwaysBlob === true || body.length > INLINE_BODY_MAX)
      ? { salt: context.salt(), bytes: body }
      : undefined;
  const header: Record<string, unknown> = {
    ...options.members,
    v: ENTRY_VERSION,
    kind: options.kind,
    index: options.index,
    recordedAt: context.recordedAt,
    clock: context.clock,
    hlc: context.nextHlc(),
    body: blob === undefined ? inlineBody(body) : blobBody(blob.salt, blob.bytes),
  };
  for (const [name, value] of Object.entries(header)) {
    // The canonical encoder has no form for a member that is not there.
    if (value === undefined) Reflect.deleteProperty(header, name);
  }
  const leaf = encodeEntry(header as unknown as EntryHeader, blob === undefined ? body : undefined);
  return finish(leaf, blob, options);
}

/** An accepted transaction without anything unusual about it, body inline. */
export interface PlainSale {
  readonly index: number;
  readonly deviceId: string;
  readonly transactionId: string;
  /** Base64. */
  readonly contentHash: string;
  readonly mediaType: string;
  readonly body: Uint8Array;
  /** Base64 of SHA-256 over the body. */
  readonly bodyHash: string;
}

/**
 * The same bytes as `draftEntry` for a plain sale. All strings are known to need no escapes: ids,
 * UUIDs, base64 and media types consist of printable ASCII without quote and backslash.
 */
export function draftPlainSale(sale: PlainSale, context: EntryContext): EntryDraft {
  const { body } = sale;
  const line =
    `{"body":{"at":"inline","length":${body.length},"sha256":"${sale.bodyHash}"},` +
    `"clock":${context.clockText},"contentHash":"${sale.contentHash}",` +
    `"deviceId":"${sale.deviceId}","hlc":"${context.nextHlc()}","index":${sale.index},` +
    `"kind":"transaction","mediaType":"${sale.mediaType}","recordedAt":"${context.recordedAt}",` +
    `"transactionId":"${sale.transactionId}","v":1}\n`;
  const leaf = Buffer.allocUnsafe(line.length + body.length);
  leaf.write(line, 0, 'latin1');
  leaf.set(body, line.length);
  return { leaf, leafHash: leafHash(leaf), claims: sale.transactionId };
}

function finish(leaf: Uint8Array, blob: Blob | undefined, options: DraftOptions): EntryDraft {
  return {
    leaf,
    leafHash: leafHash(leaf),
    ...(blob !== undefined && { blob }),
    ...(options.claims !== undefined && { claims: options.claims }),
    ...(options.answers !== undefined && { answers: options.answers }),
    ...(options.kind === 'conflict' && { isConflict: true as const }),
  };
}
