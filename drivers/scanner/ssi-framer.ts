/**
 * Packets of Zebra's Simple Serial Interface:
 *
 *   length · opcode · source · status · data … · checksum high · checksum low
 *
 * The length counts everything before the checksum, which is the two's complement of the sum of
 * those bytes. After a wrong checksum the search goes on one byte further, so a packet behind
 * garbage is found however long the garbage claims to be.
 */
import type { DiscardReason, Framed, Framer } from '../framer.ts';

export interface SsiPacket {
  readonly opcode: number;
  readonly source: number;
  readonly status: number;
  readonly data: Uint8Array;
}

export const SSI = {
  ...{ requestRevision: 0xa3, replyRevision: 0xa4, ack: 0xd0, nak: 0xd1 },
  ...{ scanEnable: 0xe9, scanDisable: 0xea, decodeData: 0xf3 },
  ...{ decoder: 0x00, host: 0x04 },
  ...{ retransmit: 0x01, continuation: 0x02 },
} as const;

const HEADER_BYTES = 4;
const CHECKSUM_BYTES = 2;
/** The length is one byte. */
export const SSI_BYTES_MAX = 255 + CHECKSUM_BYTES;

export function encodeSsi(packet: SsiPacket): Uint8Array {
  const { opcode, source, status, data } = packet;
  const bytes = [HEADER_BYTES + data.length, opcode, source, status, ...data];
  const checksum = checksumOf(bytes);
  return Uint8Array.of(...bytes, checksum >> 8, checksum & 0xff);
}

/** What the host sends; `retransmit` marks what was sent before. */
export function ssiCommand(
  opcode: number,
  data: readonly number[] = [],
  retransmit = false,
): Uint8Array {
  const status = retransmit ? SSI.retransmit : 0;
  return encodeSsi({ opcode, source: SSI.host, status, data: Uint8Array.from(data) });
}

function checksumOf(bytes: Iterable<number>): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xffff;
}

export class SsiFramer implements Framer<SsiPacket> {
  readonly #buffer = new Uint8Array(SSI_BYTES_MAX);
  #length = 0;

  get bufferedBytes(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): readonly Framed<SsiPacket>[] {
    const out = new Collector();
    for (const byte of chunk) {
      this.#buffer[this.#length++] = byte;
      this.#scan(out);
    }
    return out.end();
  }

  /** The rest of the packet that seemed to begin here does not come: look behind its first byte. */
  flush(): readonly Framed<SsiPacket>[] {
    const out = new Collector();
    while (this.#length > 0) {
      this.#drop(out, 'incomplete');
      this.#scan(out);
    }
    return out.end();
  }

  #scan(out: Collector): void {
    while (this.#length > 0) {
      const [length = 0, , source] = this.#buffer;
      const isHeader = this.#length < 3 || source === SSI.decoder || source === SSI.host;
      if (length < HEADER_BYTES || !isHeader) {
        this.#drop(out, 'noise');
        continue;
      }
      const total = length + CHECKSUM_BYTES;
      if (this.#length < total) return;
      const bytes = this.#buffer.slice(0, total);
      const checksum = ((bytes[total - 2] ?? 0) << 8) | (bytes[total - 1] ?? 0);
      if (checksum !== checksumOf(bytes.subarray(0, length))) {
        this.#drop(out, 'checksum');
        continue;
      }
      this.#remove(total);
      out.frame(packetOf(bytes, length), bytes);
    }
  }

  #drop(out: Collector, why: DiscardReason): void {
    out.discard(this.#buffer[0] ?? 0, why);
    this.#remove(1);
  }

  #remove(count: number): void {
    this.#buffer.copyWithin(0, count, this.#length);
    this.#length -= count;
  }
}

function packetOf(bytes: Uint8Array, length: number): SsiPacket {
  const [, opcode = 0, source = 0, status = 0] = bytes;
  return { opcode, source, status, data: bytes.subarray(HEADER_BYTES, length) };
}

/** Puts bytes that were dropped one by one together again; a wrong checksum names the whole. */
class Collector {
  readonly #framed: Framed<SsiPacket>[] = [];
  #dropped: number[] = [];
  #why: DiscardReason = 'noise';

  discard(byte: number, why: DiscardReason): void {
    if (this.#dropped.length === 0 || why !== 'noise') this.#why = why;
    this.#dropped.push(byte);
  }

  frame(frame: SsiPacket, bytes: Uint8Array): void {
    this.#close();
    this.#framed.push({ type: 'frame', frame, bytes });
  }

  end(): readonly Framed<SsiPacket>[] {
    this.#close();
    return this.#framed;
  }

  #close(): void {
    if (this.#dropped.length === 0) return;
    const bytes = Uint8Array.from(this.#dropped);
    this.#dropped = [];
    this.#framed.push({ type: 'discarded', bytes, why: this.#why });
  }
}
