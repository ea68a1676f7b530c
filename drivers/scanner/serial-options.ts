/** The options of a scanner on a serial line: what stands around a code, and what the maker's has. */
import { Type } from '../../config/schema-type.ts';
import type { Typed } from '../../config/schema-type.ts';
import type { SerialLine } from '../driver.ts';
import { decodeText } from './barcode/decode-text.ts';
import type { Delimiters } from './delimited-framer.ts';
import { SCANNER_MEMBERS } from './scanner-options.ts';
import type { ScannerOptions } from './scanner-options.ts';

export const SUFFIXES = ['any', 'cr', 'lf', 'crlf', 'etx', 'tab', 'none'] as const;
/** Makers whose bytes for enabling and disabling are known. */
export const SERIAL_DEVICES = ['generic', 'honeywell', 'cipherlab'] as const;

export interface LineOptions {
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: SerialLine['parity'];
  readonly interCharacterMs: number;
}

export interface SerialScannerOptions extends ScannerOptions, LineOptions {
  readonly prefix: string;
  readonly suffix: (typeof SUFFIXES)[number];
  readonly device: (typeof SERIAL_DEVICES)[number];
  readonly binaryCodes: boolean;
  readonly bytesMin: number;
}

export const LINE_MEMBERS: Readonly<Record<keyof LineOptions, Typed<unknown>>> = {
  baudRate: Type.Integer({
    ...{ minimum: 300, maximum: 921_600, default: 9600 },
    description: 'Speed of the serial line.',
  }),
  dataBits: Type.Integer({
    ...{ minimum: 7, maximum: 8, default: 8 },
    description: 'Data bits of the serial line.',
  }),
  parity: Type.Enum(['none', 'even', 'odd'], {
    default: 'none',
    description: 'Parity of the serial line.',
  }),
  interCharacterMs: Type.Integer({
    ...{ minimum: 10, maximum: 5000, default: 150 },
    description: 'Silence for this many milliseconds ends what was begun.',
  }),
};

export const SERIAL_MEMBERS = {
  ...SCANNER_MEMBERS,
  ...LINE_MEMBERS,
  prefix: Type.String({
    // Digits before a code would hide from the mask where a payment code begins.
    pattern: '^(?:(?!3[0-9])[0-9a-fA-F]{2}){0,8}$',
    default: '',
    description: 'Bytes before each code, in hexadecimal: 02 is STX.',
    allowed: 'up to 8 bytes in hexadecimal, none of them a digit',
  }),
  suffix: Type.Enum(SUFFIXES, {
    default: 'any',
    description: 'What ends a code; any is CR, LF or ETX, none is silence.',
  }),
  device: Type.Enum(SERIAL_DEVICES, {
    default: 'generic',
    description: 'Whose bytes enable and disable it; generic has none.',
  }),
  bytesMin: Type.Integer({
    ...{ minimum: 1, maximum: 100, default: 3 },
    description: 'What is shorter than this many bytes is noise.',
  }),
  binaryCodes: Type.Boolean({
    default: false,
    description: 'Codes may hold bytes that are no text; without it such bytes are noise.',
  }),
} as const;

const ENDINGS: Readonly<Record<SerialScannerOptions['suffix'], readonly (readonly number[])[]>> = {
  any: [[0x0d], [0x0a], [0x03]],
  cr: [[0x0d]],
  lf: [[0x0a]],
  crlf: [[0x0d, 0x0a]],
  etx: [[0x03]],
  tab: [[0x09]],
  none: [],
};

export function delimitersOf({ prefix, suffix }: SerialScannerOptions): Delimiters {
  return {
    prefix: Uint8Array.from(Buffer.from(prefix, 'hex')),
    suffixes: ENDINGS[suffix].map((ending) => Uint8Array.from(ending)),
  };
}

export function lineOf({ baudRate, dataBits, parity }: LineOptions): SerialLine {
  return { baudRate, dataBits, parity, stopBits: 1 };
}

/** Honeywell presses and lets go of the trigger; CipherLab has a letter for each. */
export function enablingBytes(
  device: SerialScannerOptions['device'],
  isEnabled: boolean,
): Uint8Array | undefined {
  if (device === 'honeywell') return Uint8Array.of(0x16, isEnabled ? 0x54 : 0x55, 0x0d);
  if (device === 'cipherlab') return Uint8Array.of(isEnabled ? 0x45 : 0x44);
  return undefined;
}

/** What a symbol may hold beside text: tabs, line ends, and the separators of GS1 and ANSI. */
const CONTROL_ALLOWED: ReadonlySet<number> = new Set([
  0x04, 0x09, 0x0a, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f,
]);

/**
 * Could this be a code at all? Nothing on the line says where one begins, so a wrong speed or a bad
 * cable would else become codes that a till looks up.
 */
export function isPlausible(bytes: Uint8Array, options: SerialScannerOptions): boolean {
  if (bytes.length < options.bytesMin) return false;
  if (options.binaryCodes) return true;
  if (bytes.some((byte) => byte < 0x20 && !CONTROL_ALLOWED.has(byte))) return false;
  return decodeText(bytes, options.fallbackEncoding) !== undefined;
}
