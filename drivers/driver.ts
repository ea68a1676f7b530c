/**
 * A driver is a record of facts plus one factory. The registry (registry.ts) is an explicit list;
 * nothing registers itself. Drivers never see each other, the ledger or the broker.
 */
import type { SchemaNode } from '../config/schema-node.ts';
import type { JobProblem } from './job.ts';
import type { SessionMachine } from './session-machine.ts';
import type { TransportKind } from './transport/transport.ts';

/** UnifiedPOS device categories that have a driver. */
export const PERIPHERAL_CATEGORIES = [
  'posPrinter',
  'cashDrawer',
  'scanner',
  'scale',
  'rfidScanner',
] as const;
export type PeripheralCategory = (typeof PERIPHERAL_CATEGORIES)[number];

/** What `peripheral scan` sees of something that is plugged in. */
export interface Candidate {
  readonly kind: TransportKind;
  /** Ready for the registry; the most stable form there is (`/dev/serial/by-id/…`). */
  readonly address: string;
  readonly usb?: {
    /** Four hexadecimal digits, lower case. */
    readonly vendorId: string;
    readonly productId: string;
    readonly serialNumber?: string;
    readonly manufacturer?: string;
    readonly product?: string;
    /** `class/subclass/protocol` of the interface, two hexadecimal digits each: `07/01/02`. */
    readonly interfaceClass?: string;
  };
  /** HID usage page and usage of the first collection: `8c/02` is a bar code scanner. */
  readonly hidUsage?: string;
  /** The reader's name, for PC/SC. */
  readonly readerName?: string;
}

/** One observed fact that speaks for a driver. All given members have to hold. */
export interface Fingerprint {
  readonly kind?: TransportKind;
  readonly vendorId?: string;
  readonly productId?: string;
  readonly product?: RegExp;
  readonly interfaceClass?: string;
  readonly hidUsage?: string;
  readonly readerName?: RegExp;
  /** 1 to 100: how sure. A generic USB-serial chip is 10, an exact product 90. */
  readonly score: number;
  /** Shown by `peripheral scan`: why this driver. */
  readonly evidence: string;
  /** Options that follow from it (a printer's profile). */
  readonly options?: Readonly<Record<string, unknown>>;
}

/** How a serial port is set up; an address may override each. */
export interface SerialLine {
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: 'none' | 'even' | 'odd';
  readonly stopBits: 1 | 2;
}

/** What a job may be, for each operation of a driver. */
export interface Operation {
  /** One line of help. */
  readonly summary: string;
  /** A job that takes longer is expired, unless it asked for other within the maximum. */
  readonly deadlineMs: number;
  readonly deadlineMsMax: number;
  /** Something happens in the world: an interrupted job is `unknown`, otherwise `refused`. */
  readonly isPhysical: boolean;
  /** A right that the device's role must have (config `roles.*.rights`). */
  readonly right?: string;
  /** Reads the request's members; total. */
  parse(request: Readonly<Record<string, unknown>>): ParsedParams;
}

export type ParsedParams =
  | { readonly ok: true; readonly params: unknown }
  | { readonly ok: false; readonly problem: JobProblem };

export interface SessionContext {
  /** Milliseconds since 1970, for what a device prints or shows; never for waits. */
  readonly wallMs: () => number;
  /** Monotonic milliseconds at the session's beginning. */
  readonly nowMs: number;
  /** The last job of this peripheral ended as `unknown`: a rest of it may still be in the device. */
  readonly mayHoldRest?: boolean;
  /** The store's pictures (PNG) by name, for what prints. */
  readonly logos?: ReadonlyMap<string, Uint8Array>;
}

/** One line of what passed, for people: `peripheral log`. Keeps its own framing state. */
export type Explain = (direction: 'in' | 'out', bytes: Uint8Array) => readonly string[];

/**
 * Hides what must not be kept: the digits of a payment code, the number of a card. Same length out
 * as in, the chunk itself is left alone, and masking twice changes nothing. Keeps state over chunks,
 * so each direction of each session has one of its own.
 */
export type Mask = (bytes: Uint8Array) => Uint8Array;

/** For a peripheral whose driver or protocol is not known yet: asks and recognises. */
export interface Probe {
  readonly name: string;
  /** The serial settings to ask with, for serial ports. */
  readonly line?: SerialLine;
  readonly ask: Uint8Array;
  /** The answer comes within this. */
  readonly waitMs: number;
  /** What the collected answer says; undefined when it is none of ours. */
  recognise(answer: Uint8Array): { score: number; evidence: string; options?: object } | undefined;
}

export interface DriverDefinition {
  /** `pos-printer/escpos` */
  readonly id: string;
  readonly category: PeripheralCategory;
  /** For people: `ESC/POS receipt printer`. */
  readonly title: string;
  /** Checked with config/check-value.ts before any port is opened; defaults are put in. */
  readonly options: SchemaNode;
  readonly transports: readonly TransportKind[];
  /** Serial settings where neither address nor options say otherwise. */
  line?(options: Readonly<Record<string, unknown>>): SerialLine;
  readonly fingerprints: readonly Fingerprint[];
  readonly probes: readonly Probe[];
  readonly operations: Readonly<Record<string, Operation>>;
  /** A harmless job for `peripheral test`; undefined where events are the test (a scanner). */
  readonly testOperation?: string;
  /** Loads what a session needs and the daemon without this driver does not; awaited before it. */
  prepare?(): Promise<void>;
  createSession(
    options: Readonly<Record<string, unknown>>,
    context: SessionContext,
  ): SessionMachine;
  createExplain(options: Readonly<Record<string, unknown>>): Explain;
  /**
   * For drivers whose bytes hold secrets. Whatever is shown, logged or recorded of their bytes goes
   * through it first, `discarded` included; without it the bytes are kept as they are.
   */
  createMask?(options: Readonly<Record<string, unknown>>): Mask;
}
