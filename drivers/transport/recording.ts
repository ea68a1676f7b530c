/**
 * What passed over a port, kept as one line of JSON each, so that a fault in a shop becomes a test
 * (see replay.ts). A recording never changes what it records: a sink that fails or is full only ends
 * the recording.
 *
 *   {"type":"open","address":"serial:/dev/…","startedAt":"2026-01-31T08:00:00.000Z"}
 *   {"type":"out","atMs":12,"hex":"1b40"}     {"type":"in","atMs":15,"hex":"12"}
 *   {"type":"end","atMs":900,"reason":"unplugged"}
 *
 * Payment codes and cards must never be kept: whoever records gives a `mask`, which is shown every
 * chunk and returns what may be written down. A chunk is not a message, so a mask that looks for a
 * code has to remember where the last chunk ended.
 */
import { createWriteStream } from 'node:fs';
import type { Clock } from '../../protocol/clock.ts';
import type { Transport, TransportEnd } from './transport.ts';

export type Direction = 'in' | 'out';

export type RecordedLine =
  | { readonly type: 'open'; readonly address: string; readonly startedAt: string }
  | { readonly type: Direction; readonly atMs: number; readonly hex: string }
  | { readonly type: 'end'; readonly atMs: number; readonly reason: TransportEnd['reason'] }
  /** The bound was reached: the rest is missing. */
  | { readonly type: 'full'; readonly atMs: number };

export type Mask = (direction: Direction, bytes: Uint8Array) => Uint8Array;

export interface RecordingOptions {
  readonly clock: Clock;
  /** Takes one line, without its line feed. */
  readonly append: (line: string) => void;
  readonly mask?: Mask;
  readonly bytesMax?: number;
}

/** A day of a busy printer's status and receipts; the disk belongs to the sales. */
export const RECORDING_BYTES_MAX = 16 * 1024 * 1024;

export function recordTransport(transport: Transport, options: RecordingOptions): Transport {
  return new RecordedTransport(transport, options);
}

export interface FileSink {
  readonly append: (line: string) => void;
  /** Resolves when everything is written, or cannot be. */
  readonly close: () => Promise<void>;
}

/** Appends to a file that only the gateway's user may read. */
export function fileSink(path: string): FileSink {
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  let isBroken = false;
  stream.on('error', () => {
    isBroken = true;
  });
  return {
    append: (line) => {
      if (!isBroken) stream.write(`${line}\n`);
    },
    close: () =>
      new Promise((resolve) => {
        if (isBroken) resolve();
        else stream.once('close', () => resolve()).end();
      }),
  };
}

class RecordedTransport implements Transport {
  readonly address: string;
  readonly closed: Promise<TransportEnd>;
  readonly onLines?: NonNullable<Transport['onLines']>;
  readonly #transport: Transport;
  readonly #options: RecordingOptions;
  readonly #startMs: number;
  #roomBytes: number;

  constructor(transport: Transport, options: RecordingOptions) {
    const { clock, bytesMax = RECORDING_BYTES_MAX } = options;
    this.address = transport.address;
    this.#transport = transport;
    this.#options = options;
    this.#startMs = clock.monotonicMs();
    this.#roomBytes = bytesMax;
    const startedAt = new Date(clock.wallMs()).toISOString();
    this.#append({ type: 'open', address: transport.address, startedAt });
    if (transport.onLines !== undefined) {
      this.onLines = (listener) => transport.onLines?.(listener);
    }
    this.closed = transport.closed.then((end) => {
      this.#append({ type: 'end', atMs: this.#now(), reason: end.reason });
      return end;
    });
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#transport.onData((bytes) => {
      this.#record('in', bytes);
      listener(bytes);
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    this.#record('out', bytes);
    return this.#transport.write(bytes);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #record(type: Direction, bytes: Uint8Array): void {
    const shown = this.#options.mask?.(type, bytes) ?? bytes;
    this.#append({ type, atMs: this.#now(), hex: Buffer.from(shown).toString('hex') });
  }

  #append(line: RecordedLine): void {
    if (this.#roomBytes <= 0) return;
    const text = JSON.stringify(line);
    this.#roomBytes -= text.length + 1;
    if (this.#roomBytes > 0) this.#options.append(text);
    else this.#options.append(JSON.stringify({ type: 'full', atMs: this.#now() }));
  }

  #now(): number {
    return Math.round(this.#options.clock.monotonicMs() - this.#startMs);
  }
}
