/**
 * A line between a session and a simulated device, in virtual time: bytes take their time, a device
 * whose buffer is full holds the writer back, and what the device sends comes in pieces of any size.
 */
import { TillgateError } from '../../protocol/errors.ts';
import type { SimulatedDevice, SimulatorContext } from '../../drivers/simulator.ts';
import type { Transport, TransportEnd } from '../../drivers/transport/transport.ts';
import type { VirtualTime } from '../sim/virtual-time.ts';
import type { SeededRandom } from './seeded-random.ts';

const TICK_MS = 2;
/** The day on which all simulated printing happens. */
const WALL_START_MS = Date.UTC(2026, 5, 1);

export interface SimulatedLineOptions {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  /** How fast the line is; a device with `room` may take less. */
  readonly bytesPerMs: number;
  readonly create: (context: SimulatorContext) => SimulatedDevice & { room?(): number };
  readonly produced?: (name: string, bytes: Uint8Array) => void;
}

export class SimulatedLine {
  readonly device: SimulatedDevice & { room?(): number };
  readonly #options: SimulatedLineOptions;
  #open: LineTransport | undefined;

  constructor(options: SimulatedLineOptions) {
    this.#options = options;
    const { time, random, produced } = options;
    this.device = options.create({
      schedule: (callback, delayMs) => time.after(delayMs, callback),
      clock: this.clock,
      random: random.next,
      send: (bytes) => this.#send(bytes),
      produced: produced ?? (() => undefined),
      unplug: () => this.#open?.end({ reason: 'unplugged' }),
    });
  }

  get clock() {
    const { time } = this.#options;
    return { wallMs: () => WALL_START_MS + time.nowMs, monotonicMs: () => time.nowMs };
  }

  get schedule() {
    const { time } = this.#options;
    return (callback: () => void, delayMs: number) => time.after(delayMs, callback);
  }

  open(): Transport {
    const transport = new LineTransport(this.#options, this.device);
    this.#open = transport;
    this.device.connected();
    return transport;
  }

  #send(bytes: Uint8Array): void {
    const { time, random } = this.#options;
    const target = this.#open;
    for (let at = 0; at < bytes.length;) {
      const size = 1 + random.below(bytes.length);
      const part = bytes.slice(at, at + size);
      at += size;
      time.after(1, () => target?.arrive(part));
    }
  }
}

class LineTransport implements Transport {
  readonly address = 'simulated';
  readonly closed: Promise<TransportEnd>;
  readonly #options: SimulatedLineOptions;
  readonly #device: SimulatedDevice & { room?(): number };
  #writes: { bytes: Uint8Array; resolve: () => void; reject: (error: Error) => void }[] = [];
  #isTicking = false;
  #isOver = false;
  #kept: Uint8Array[] = [];
  #listener: ((bytes: Uint8Array) => void) | undefined;
  #resolveClosed: (end: TransportEnd) => void = () => undefined;

  constructor(options: SimulatedLineOptions, device: SimulatedDevice) {
    this.#options = options;
    this.#device = device;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
    for (const bytes of this.#kept.splice(0)) listener(bytes);
  }

  arrive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#listener === undefined) this.#kept.push(bytes);
    else this.#listener(bytes);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#isOver) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      this.#writes.push({ bytes, resolve, reject });
      this.#tickLater();
    });
  }

  close(): Promise<void> {
    this.end({ reason: 'requested' });
    return Promise.resolve();
  }

  end(end: TransportEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const { reject } of this.#writes.splice(0)) reject(closedError());
    this.#resolveClosed(end);
  }

  #tickLater(): void {
    if (this.#isTicking || this.#writes.length === 0) return;
    this.#isTicking = true;
    this.#options.time.after(TICK_MS, () => {
      this.#isTicking = false;
      this.#tick();
      this.#tickLater();
    });
  }

  #tick(): void {
    let budget = this.#options.bytesPerMs * TICK_MS;
    while (budget > 0 && !this.#isOver) {
      const first = this.#writes[0];
      if (first === undefined) return;
      const size = Math.min(budget, first.bytes.length, this.#device.room?.() ?? Infinity);
      if (size === 0 && first.bytes.length > 0) return;
      budget -= Math.max(1, size);
      const part = first.bytes.subarray(0, size);
      first.bytes = first.bytes.subarray(size);
      if (first.bytes.length === 0) {
        this.#writes.shift();
        first.resolve();
      }
      this.#device.receive(part);
    }
  }
}

function closedError(): TillgateError {
  return new TillgateError('TRANSPORT_CLOSED', 'The simulated line has ended.');
}
