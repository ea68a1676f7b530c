/**
 * The part that all transports share, so that each keeps the contract of transport.ts by the same
 * code: one end, told once; writes one after the other and bounded; what is pending rejects at the
 * end; what the device says before anybody listens is kept. A kind of transport brings a `Carrier`,
 * which knows how to write some bytes and how to free the port, and reports what comes in.
 */
import { TillgateError } from '../../protocol/errors.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import type { Schedule } from '../../platform/schedule.ts';
import { endOf } from './transport-failures.ts';
import type { Transport, TransportEnd } from './transport.ts';

export interface Carrier {
  /** Called for one write at a time; resolves when the system's driver has taken every byte. */
  write(bytes: Uint8Array): Promise<void>;
  /** Frees the port; called once. A write under way need not settle. */
  release(): Promise<void>;
}

/** A receipt with pictures is under 1 MiB; what waits beyond this was queued by mistake. */
export const QUEUED_BYTES_MAX = 8 * 1024 * 1024;
/** Whoever opens a port listens at once; a device that says this much meanwhile makes only noise. */
export const UNHEARD_BYTES_MAX = 1024 * 1024;
/** A driver in the kernel that holds on to a port for longer has lost it; the end is told anyway. */
const RELEASE_WAIT_MS = 3_000;

interface QueuedWrite {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: TillgateError) => void;
}

export class OpenPort implements Transport {
  readonly address: string;
  readonly closed: Promise<TransportEnd>;
  readonly #carrier: Carrier;
  readonly #schedule: Schedule;
  readonly #queue: QueuedWrite[] = [];
  #queuedBytes = 0;
  #isWriting = false;
  #unheard: Uint8Array[] = [];
  #unheardBytes = 0;
  #listener: ((bytes: Uint8Array) => void) | undefined;
  #end: TransportEnd | undefined;
  #tellEnd: (end: TransportEnd) => void = () => undefined;

  constructor(address: string, carrier: Carrier, schedule: Schedule = systemSchedule) {
    this.address = address;
    this.#carrier = carrier;
    this.#schedule = schedule;
    this.closed = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
    const early = this.#unheard;
    this.#unheard = [];
    this.#unheardBytes = 0;
    for (const bytes of early) listener(bytes);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(this.#closedError());
    if (this.#queuedBytes + bytes.length > QUEUED_BYTES_MAX) {
      const message = `${this.address}: ${this.#queuedBytes} bytes wait already, at most ${QUEUED_BYTES_MAX} do.`;
      return Promise.reject(new TillgateError('TRANSPORT_FAULT', message));
    }
    this.#queuedBytes += bytes.length;
    return new Promise((resolve, reject) => {
      this.#queue.push({ bytes, resolve, reject });
      this.#writeNext();
    });
  }

  close(): Promise<void> {
    this.finish({ reason: 'requested' });
    return this.closed.then(() => undefined);
  }

  /** Bytes from the device. */
  received(bytes: Uint8Array): void {
    if (this.#end !== undefined || bytes.length === 0) return;
    if (this.#listener !== undefined) {
      this.#listener(bytes);
      return;
    }
    this.#unheard.push(bytes);
    this.#unheardBytes += bytes.length;
    if (this.#unheardBytes <= UNHEARD_BYTES_MAX) return;
    const message = `${this.address} sent ${this.#unheardBytes} bytes that nobody had asked for.`;
    this.finish({ reason: 'fault', error: new TillgateError('TRANSPORT_FAULT', message) });
  }

  /** The first end counts; the port is freed and everything pending rejects. */
  finish(end: TransportEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#unheard = [];
    for (const waiting of this.#queue.splice(0)) waiting.reject(this.#closedError());
    void this.#releasePort().then(() => {
      this.#tellEnd(end);
    });
  }

  async #releasePort(): Promise<void> {
    const released = this.#carrier.release().catch(() => {
      // It is gone for us either way: the first end said why, and nobody can do more with this one.
    });
    let stop = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      stop = this.#schedule(resolve, RELEASE_WAIT_MS);
    });
    await Promise.race([released, late]);
    stop();
  }

  #writeNext(): void {
    const next = this.#queue[0];
    if (this.#isWriting || next === undefined) return;
    this.#isWriting = true;
    this.#carrier.write(next.bytes).then(
      () => {
        this.#isWriting = false;
        // At the end the queue was emptied and this write rejected with it.
        if (this.#queue[0] !== next) return;
        this.#queue.shift();
        this.#queuedBytes -= next.bytes.length;
        next.resolve();
        this.#writeNext();
      },
      (error: unknown) => {
        this.#isWriting = false;
        this.finish(endOf(this.address, error));
      },
    );
  }

  #closedError(): TillgateError {
    const error = this.#end?.error;
    const why = error === undefined ? 'it was closed' : error.message;
    const cause = error === undefined ? {} : { cause: error };
    return new TillgateError('TRANSPORT_CLOSED', `${this.address} is closed: ${why}`, cause);
  }
}
