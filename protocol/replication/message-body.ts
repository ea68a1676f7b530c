/**
 * The bodies of the replication messages. A note travels as text, everything else as it is; only a
 * batch holds both, so only there a length comes before the note.
 */
import { BLOB_PART_BYTES_MAX, NOTE_BYTES_MAX, SNAPSHOT_PART_BYTES_MAX } from './limits.ts';
import type { MessageType, ReplicationMessage } from './messages.ts';
import type { HeaderMembers } from './message-header.ts';

const LENGTH_BYTES = 4;

export type EncodedBody = { header: HeaderMembers; body: readonly Uint8Array[] };

/** Splits a message into what its header says and the parts of its body. */
export function encodeBody(message: ReplicationMessage): EncodedBody {
  switch (message.type) {
    case 'checkpoint': {
      const { note, ...header } = message;
      return { header, body: [utf8(note)] };
    }
    case 'batch': {
      const { note, packed, ...header } = message;
      const noteBytes = utf8(note);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32BE(noteBytes.length);
      return { header, body: [length, noteBytes, packed] };
    }
    case 'blob': {
      const { part, ...header } = message;
      return { header, body: [part] };
    }
    case 'head': {
      const { note, ...header } = message;
      return { header, body: [utf8(note)] };
    }
    case 'control': {
      const { evidence, ...header } = message;
      return { header, body: [utf8(evidence)] };
    }
    case 'snapshot': {
      const { bytes, ...header } = message;
      return { header, body: [bytes] };
    }
  }
}

/** The note and the other bytes of a body, or `undefined` when the body has another form. */
export function readBody(
  type: MessageType,
  body: Uint8Array,
): { note: string; rest: Uint8Array } | undefined {
  if (type === 'blob') {
    return body.length > BLOB_PART_BYTES_MAX ? undefined : { note: '', rest: body };
  }
  if (type === 'snapshot') {
    return body.length > SNAPSHOT_PART_BYTES_MAX ? undefined : { note: '', rest: body };
  }
  if (type !== 'batch') return splitAt(body, 0, body.length);
  if (body.length < LENGTH_BYTES) return undefined;
  const noteBytes = new DataView(body.buffer, body.byteOffset, body.byteLength).getUint32(0);
  return splitAt(body, LENGTH_BYTES, LENGTH_BYTES + noteBytes);
}

function splitAt(
  body: Uint8Array,
  start: number,
  end: number,
): { note: string; rest: Uint8Array } | undefined {
  if (end > body.length || end - start > NOTE_BYTES_MAX) return undefined;
  const note = text(body.subarray(start, end));
  return note === undefined ? undefined : { note, rest: body.subarray(end) };
}

function utf8(value: string): Uint8Array {
  return Buffer.from(value, 'utf8');
}

function text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
