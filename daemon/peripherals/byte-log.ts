/**
 * The last bytes that passed between the gateway and one peripheral, for `peripheral log`: explained
 * only when somebody looks, because nobody does most of the time. What leaves here went through the
 * driver's mask, so that no payment code is ever shown or recorded whole.
 */
import type { DriverDefinition, Explain, Mask } from '../../drivers/driver.ts';
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
  /** Masked. */
  readonly bytes: Uint8Array;
}

interface KeptBytes extends PassedBytes {
  /** As they passed: checksums and codes are told from these, in words that are masked too. */
  readonly whole: Uint8Array;
}

interface Masks {
  readonly in: Mask;
  readonly out: Mask;
}

export class ByteLog {
  readonly #clock: Clock;
  #records: KeptBytes[] = [];
  #bytes = 0;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  #note(direction: 'in' | 'out', passed: Uint8Array, mask: Mask): void {
    this.#count += 1;
    const whole = Uint8Array.from(passed.subarray(0, RECORD_BYTES_MAX));
    const bytes = mask(passed).subarray(0, RECORD_BYTES_MAX);
    const wallMs = this.#clock.wallMs();
    this.#records.push({ number: this.#count, wallMs, direction, bytes, whole });
    this.#bytes += whole.length;
    while (this.#bytes > BYTES_MAX || this.#records.length > RECORDS_MAX) {
      this.#bytes -= this.#records.shift()?.bytes.length ?? 0;
    }
  }

  /** What passed after number `after`. */
  since(after: number): readonly PassedBytes[] {
    return this.#records
      .filter(({ number }) => number > after)
      .map(({ number, wallMs, direction, bytes }) => ({ number, wallMs, direction, bytes }));
  }

  /** Lines for people about what passed after number `after`; the explainer sees all of it. */
  explain(explain: Explain, after: number): { wallMs: number; direction: string; text: string }[] {
    return this.#records.flatMap(({ number, wallMs, direction, whole }) => {
      const lines = explain(direction, whole);
      return number > after ? lines.map((text) => ({ wallMs, direction, text })) : [];
    });
  }

  get last(): number {
    return this.#count;
  }

  /** The same transport, and what passes is noted, each direction through a mask of its own. */
  over(transport: Transport, masks: Masks): Transport {
    return {
      address: transport.address,
      closed: transport.closed,
      onData: (listener) => {
        transport.onData((bytes) => {
          this.#note('in', bytes, masks.in);
          listener(bytes);
        });
      },
      ...(transport.onLines !== undefined && {
        onLines: (listener) => transport.onLines?.(listener),
      }),
      write: (bytes) => {
        this.#note('out', bytes, masks.out);
        return transport.write(bytes);
      },
      close: () => transport.close(),
    };
  }
}

const AS_IT_IS: Mask = (bytes) => Uint8Array.from(bytes);

/** Fresh ones, for one session. */
export function masksOf(
  driver: Pick<DriverDefinition, 'createMask'>,
  options: Readonly<Record<string, unknown>>,
): Masks {
  const mask = (): Mask => driver.createMask?.(options) ?? AS_IT_IS;
  return { in: mask(), out: mask() };
}
