/**
 * What hangs off a printer as a transport: `printer:ID` is the drawer connector of that printer. It
 * lives as long as the printer's session; bytes go there as the session's `port` input, and what the
 * session says of the connector comes back.
 */
import { parseAddress } from '../../drivers/transport/address.ts';
import type { RunningSession } from '../../drivers/run-session.ts';
import type { Transport, TransportEnd } from '../../drivers/transport/transport.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { assert } from '../../protocol/must.ts';

/** What is said before somebody listens: the level of the connector, one byte a report. */
const EARLY_REPORTS_MAX = 16;

export class PrinterPorts {
  readonly #ports = new Map<string, Set<Port>>();
  readonly #sessionOf: (printerId: string) => RunningSession | undefined;

  constructor(sessionOf: (printerId: string) => RunningSession | undefined) {
    this.#sessionOf = sessionOf;
  }

  static isOne(address: string): boolean {
    return address.startsWith('printer:');
  }

  /** Throws `TRANSPORT_ADDRESS` or `TRANSPORT_ABSENT`. */
  open(address: string): Transport {
    const parsed = parseAddress(address);
    assert(parsed.kind === 'printer', 'the caller has looked');
    const printerId = parsed.peripheralId;
    const session = this.#sessionOf(printerId);
    if (session === undefined) {
      const message = `The printer ${printerId} is not connected.`;
      throw new TillgateError('TRANSPORT_ABSENT', message, { retryable: true });
    }
    const ports = this.#ports.get(printerId) ?? new Set();
    const port = new Port(address, session, () => void ports.delete(port));
    this.#ports.set(printerId, ports.add(port));
    return port;
  }

  /** The printer's session said something of its connector. */
  report(printerId: string, bytes: Uint8Array): void {
    for (const port of this.#ports.get(printerId) ?? []) port.report(bytes);
  }

  /** The printer's session is over. */
  ended(printerId: string): void {
    const message = `The printer ${printerId} went away.`;
    const error = new TillgateError('TRANSPORT_ABSENT', message, { retryable: true });
    for (const port of [...(this.#ports.get(printerId) ?? [])]) {
      port.end({ reason: 'unplugged', error });
    }
  }
}

class Port implements Transport {
  readonly address: string;
  readonly closed: Promise<TransportEnd>;
  readonly #session: RunningSession;
  readonly #onEnd: () => void;
  readonly #resolve: (end: TransportEnd) => void;
  #listener: ((bytes: Uint8Array) => void) | undefined;
  #early: Uint8Array[] = [];
  #isOver = false;

  constructor(address: string, session: RunningSession, onEnd: () => void) {
    this.address = address;
    this.#session = session;
    this.#onEnd = onEnd;
    const { promise, resolve } = Promise.withResolvers<TransportEnd>();
    this.closed = promise;
    this.#resolve = resolve;
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
    for (const bytes of this.#early.splice(0)) listener(bytes);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#isOver) {
      return Promise.reject(new TillgateError('TRANSPORT_CLOSED', `${this.address} is closed.`));
    }
    this.#session.toPort(bytes);
    return Promise.resolve();
  }

  report(bytes: Uint8Array): void {
    if (this.#listener !== undefined) this.#listener(bytes);
    else if (this.#early.push(bytes) > EARLY_REPORTS_MAX) this.#early.shift();
  }

  end(end: TransportEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd();
    this.#resolve(end);
  }

  close(): Promise<void> {
    this.end({ reason: 'requested' });
    return Promise.resolve();
  }
}
