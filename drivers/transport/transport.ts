/**
 * The only way to a peripheral: bytes in, bytes out, and a typed end. Everything above (framers,
 * sessions, drivers) is pure and never touches a port.
 *
 * - A transport is open when it is given away, and single use: once closed it stays closed.
 * - `closed` always resolves, exactly once, and says why: `requested` (our own `close`), `unplugged`
 *   (the device went away), `fault` (anything else, with the error).
 * - Pending writes always end: they reject with `TRANSPORT_CLOSED` when the transport ends.
 * - A transport that carries packets (HID reports, lines of a PC/SC reader) gives each as one chunk;
 *   a stream may cut its bytes anywhere.
 */
import type { TillgateError } from '../../protocol/errors.ts';
import type { SerialLine } from '../driver.ts';

export const TRANSPORT_KINDS = ['serial', 'tcp', 'usb', 'lp', 'hidraw', 'pcsc', 'printer'] as const;
/** `printer` is the drawer connector of a printer that this gateway drives. */
export type TransportKind = (typeof TRANSPORT_KINDS)[number];

export type CloseReason = 'requested' | 'unplugged' | 'fault';

export interface TransportEnd {
  readonly reason: CloseReason;
  /** Why, for `unplugged` and `fault`. */
  readonly error?: TillgateError;
}

/** The modem lines that some drawers and scales use; only serial ports have them. */
export interface ControlLines {
  readonly cts: boolean;
  readonly dsr: boolean;
  readonly dcd: boolean;
}

export interface Transport {
  /** As in the registry, see address.ts. */
  readonly address: string;
  readonly closed: Promise<TransportEnd>;
  /** At most one listener; what came before it is kept for it. */
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Serial only: called with each change that is seen, and once at the beginning. */
  onLines?(listener: (lines: ControlLines) => void): void;
  /**
   * Resolves when the device or the system's driver has taken every byte; writes are carried out
   * one after the other in the order of the calls. Rejects with `TRANSPORT_CLOSED` at the end.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends it as `requested`; resolves when the port is free for another. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens what an address names. Rejects with `TRANSPORT_ADDRESS` (not an address), `TRANSPORT_ABSENT`
 * (nothing there; retryable), `TRANSPORT_DENIED` (permissions), `TRANSPORT_BUSY` (held by another
 * program; the message names it where that can be known), `TRANSPORT_PACKAGE_MISSING` (an optional
 * package or service is not installed) or `TRANSPORT_FAULT`.
 */
export type OpenTransport = (address: string, options?: OpenOptions) => Promise<Transport>;

export interface OpenOptions {
  /** Gives up on opening; what was opened meanwhile is closed again. */
  readonly signal?: AbortSignal;
  /** Serial settings that the address leaves open; the driver's, see `DriverDefinition.line`. */
  readonly line?: SerialLine;
}
