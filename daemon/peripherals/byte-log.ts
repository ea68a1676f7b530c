/**
 * The last bytes that passed between the gateway and one peripheral, for `peripheral log`: kept as
 * they are and explained only when somebody looks, because nobody does most of the time.
 */
import type { Explain } from '../../drivers/driver.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Transport } from '../../drivers/transport/transport.ts';

/** A receipt and what was said about it. */
const BYTES_MAX = 64 * 1024;
const RECORDS_MAX = 1_024;
/** Of one write; a picture is not worth the room. */
const RECORD_BYTES_MAX = 16 * 1024;

export interface PassedBytes {
  /** Counts up by one for each. */
  readonly number: number;
  readonly wallMs: number;
  readonly direction: 'in' | 'out';
  readonly bytes: Uint8Array;
}

export class ByteLog {
  readonly #clock: Clock;
  #records: PassedBytes[] = [];
  #bytes = 0;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(direction: 'in' | 'out', bytes: Uint8Array): void {
    this.#count += 1;
    const kept = Uint8Array.from(bytes.subarray(0, RECORD_BYTES_MAX));
    const wallMs = this.#clock.wallMs();
    this.#records.push({ number: this.#count, wallMs, direction, bytes: kept });
    this.#bytes += kept.length;
    while (this.#bytes > BYTES_MAX || this.#records.length > RECORDS_MAX) {
      this.#bytes -= this.#records.shift()?.bytes.length ?? 0;
    }
  }

  /** What passed after number `after`. */
  since(after: number): readonly PassedBytes[] {
    return this.#records.filter(({ number }) => number > after);
  }

  /** Lines for people about what passed after number `after`; the explainer sees all of it. */
  explain(explain: Explain, after: number): { wallMs: number; direction: string; text: string }[] {
    return this.#records.flatMap(({ number, wallMs, direction, bytes }) => {
      const lines = explain(direction, bytes);
      return number > after ? lines.map((text) => ({ wallMs, direction, text })) : [];
    });
  }

  get last(): number {
    return this.#count;
  }

  /** The same transport, and what passes is noted. */
  over(transport: Transport): Transport {
    return {
      address: transport.address,
      closed: transport.closed,
      onData: (listener) => {
        transport.onData((bytes) => {
          this.note('in', bytes);
          listener(bytes);
        });
      },
      ...(transport.onLines !== undefined && {
        onLines: (listener) => transport.onLines?.(listener),
      }),
      write: (bytes) => {
        this.note('out', bytes);
        return transport.write(bytes);
      },
      close: () => transport.close(),
    };
  }
}
