/** Writes the records of the custody journal; record.ts says how they look, and reads them. */
import { ADMIT, APPEND, BLOB, COSIGNED, ENTRY_HEAD_BYTES, EVIDENCE, LIFE } from './record.ts';
import type { AppendRecord, JournalRecord } from './record.ts';

export function encodeRecord(record: JournalRecord): Buffer[] {
  switch (record.type) {
    case 'admit':
      return withHead(ADMIT, [u32(record.log), json(record.admission)]);
    case 'append':
      return withHead(APPEND, appendParts(record));
    case 'cosigned':
      return withHead(COSIGNED, [u32(record.log), Buffer.from(record.note)]);
    case 'blob':
      return withHead(BLOB, [u32(record.log), u48(record.index), record.sha256, record.bytes]);
    case 'evidence':
      return withHead(EVIDENCE, [json(record.evidence)]);
    case 'life':
      return withHead(LIFE, [json(record.life)]);
  }
}

function appendParts(record: AppendRecord): Uint8Array[] {
  const checkpoint = Buffer.from(record.checkpoint);
  const parts: Uint8Array[] = [
    u32(record.log),
    u48(record.start),
    u32(record.entries.length),
    record.root,
    u8(record.frontier.length),
    ...record.frontier,
    u16(checkpoint.length),
    checkpoint,
  ];
  for (const { leaf, nodes } of record.entries) {
    const head = Buffer.allocUnsafe(ENTRY_HEAD_BYTES);
    head.writeUInt32BE(leaf.length);
    head.writeUInt8(nodes.length, 4);
    parts.push(head, ...nodes, leaf);
  }
  return parts;
}

function withHead(type: number, parts: readonly Uint8Array[]): Buffer[] {
  const body = Buffer.concat(parts);
  return [u8(type), u32(body.length), body];
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function u8(value: number): Buffer {
  return integer(value, 1);
}

function u16(value: number): Buffer {
  return integer(value, 2);
}

function u32(value: number): Buffer {
  return integer(value, 4);
}

function u48(value: number): Buffer {
  return integer(value, 6);
}

function integer(value: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}
