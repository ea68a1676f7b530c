/**
 * Where each ESC/POS command of a stream begins and ends. Two need it: the session, because a
 * real-time command between the bytes of another command would become a part of it, and
 * `peripheral log`, which names what passes. A command that is not known here has no end that could
 * be named: then nothing may be sent in between any more.
 */

export interface ReadCommand {
  /** `ESC a`, `GS v 0`, `text`, … */
  readonly name: string;
  readonly length: number;
}

/** Bytes of the whole command, from its first byte; undefined when that cannot be seen yet. */
type LengthRule = number | ((bytes: Uint8Array, at: number) => number | undefined);

const word = (bytes: Uint8Array, at: number): number | undefined => {
  const [low, high] = bytes.subarray(at, at + 2);
  return low === undefined || high === undefined ? undefined : low + 256 * high;
};

/** `pL pH` after three bytes tell how much follows. */
const counted: LengthRule = (bytes, at) => plus(5, word(bytes, at + 3));

const untilNul =
  (from: number): LengthRule =>
  (bytes, at) => {
    const end = bytes.indexOf(0, at + from);
    return end < 0 ? undefined : end + 1 - at;
  };

function plus(fixed: number, more: number | undefined): number | undefined {
  return more === undefined ? undefined : fixed + more;
}

function columnImage(bytes: Uint8Array, at: number): number | undefined {
  const mode = bytes[at + 2];
  const columns = word(bytes, at + 3);
  if (mode === undefined || columns === undefined) return undefined;
  return 5 + columns * (mode >= 32 ? 3 : 1);
}

function rasterImage(bytes: Uint8Array, at: number): number | undefined {
  const across = word(bytes, at + 4);
  const down = word(bytes, at + 6);
  return across === undefined || down === undefined ? undefined : 8 + across * down;
}

function largeGraphics(bytes: Uint8Array, at: number): number | undefined {
  const low = word(bytes, at + 3);
  const high = word(bytes, at + 5);
  return low === undefined || high === undefined ? undefined : 7 + low + 65_536 * high;
}

function barcode(bytes: Uint8Array, at: number): number | undefined {
  const symbology = bytes[at + 2];
  if (symbology === undefined) return undefined;
  if (symbology <= 6) return asLength(untilNul(3), bytes, at);
  return plus(4, bytes[at + 3]);
}

function cut(bytes: Uint8Array, at: number): number | undefined {
  const mode = bytes[at + 2];
  if (mode === undefined) return undefined;
  return [0, 1, 48, 49].includes(mode) ? 3 : 4;
}

function bitImage(bytes: Uint8Array, at: number): number | undefined {
  const [across, down] = bytes.subarray(at + 2, at + 4);
  return across === undefined || down === undefined ? undefined : 4 + across * down * 8;
}

function realTimeRequest(bytes: Uint8Array, at: number): number | undefined {
  const kind = bytes[at + 2];
  return kind === undefined ? undefined : kind === 8 ? 10 : 5;
}

const ESC_COMMANDS: Readonly<Record<string, LengthRule>> = {
  ...{ ' ': 3, '!': 3, $: 4, '%': 3, '-': 3, '2': 2, '3': 3, '=': 3, '?': 3, '@': 2 },
  ...{ A: 3, B: 4, D: untilNul(2), E: 3, G: 3, J: 3, K: 3, L: 2, M: 3, R: 3, S: 2, T: 3 },
  ...{ V: 3, W: 10, '\\': 4, a: 3, c: 4, d: 3, e: 3, i: 2, m: 2, p: 5, r: 3, t: 3, u: 3, v: 2 },
  ...{ '{': 3, '*': columnImage, '(': counted, '\f': 2 },
};

const GS_COMMANDS: Readonly<Record<string, LengthRule>> = {
  ...{ '!': 3, $: 4, '*': bitImage, '/': 3, ':': 2, B: 3, H: 3, I: 3, L: 4, P: 4, T: 3, V: cut },
  ...{ W: 4, '\\': 4, '^': 5, a: 3, b: 3, c: 2, f: 3, h: 3, k: barcode, r: 3, v: rasterImage },
  ...{ w: 3, '(': counted, '8': largeGraphics },
};

const FS_COMMANDS: Readonly<Record<string, LengthRule>> = {
  ...{ '!': 3, '&': 2, '-': 3, '.': 2, C: 3, S: 4, W: 3, p: 4, '(': counted },
};

const DLE_COMMANDS: Readonly<Record<string, LengthRule>> = {
  '\u0004': 3,
  '\u0005': 3,
  '\u0014': realTimeRequest,
};

const PREFIXED: Readonly<Record<number, readonly [string, Readonly<Record<string, LengthRule>>]>> =
  {
    0x10: ['DLE', DLE_COMMANDS],
    0x1b: ['ESC', ESC_COMMANDS],
    0x1c: ['FS', FS_COMMANDS],
    0x1d: ['GS', GS_COMMANDS],
  };

const CONTROL_NAMES: Readonly<Record<number, string>> = {
  ...{ 0: 'NUL', 4: 'EOT', 5: 'ENQ', 7: 'BEL', 9: 'HT', 10: 'LF', 12: 'FF', 13: 'CR' },
  ...{ 0x14: 'DC4', 0x18: 'CAN', 0x1a: 'SUB' },
};

/** The command at `at`; undefined when it is not known or its end has not come yet. */
export function readCommand(bytes: Uint8Array, at: number): ReadCommand | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  if (first >= 0x20) return { name: 'text', length: textLength(bytes, at) };
  const prefix = PREFIXED[first];
  if (prefix === undefined) return { name: CONTROL_NAMES[first] ?? hex(first), length: 1 };
  const letter = bytes[at + 1];
  if (letter === undefined) return undefined;
  const [name, commands] = prefix;
  const rule = commands[String.fromCharCode(letter)];
  if (rule === undefined) return undefined;
  const length = asLength(rule, bytes, at);
  if (length === undefined || at + length > bytes.length) return undefined;
  return { name: `${name} ${nameOf(bytes, at)}`, length };
}

/** Places inside `bytes` after which something else may be sent, in order; the end is one always. */
export function commandEnds(bytes: Uint8Array): readonly number[] {
  const ends: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const command = readCommand(bytes, at);
    if (command === undefined) break;
    at += command.length;
    ends.push(at);
  }
  if (at < bytes.length) ends.push(bytes.length);
  return ends;
}

function asLength(rule: LengthRule, bytes: Uint8Array, at: number): number | undefined {
  return typeof rule === 'number' ? rule : rule(bytes, at);
}

/** Up to the next control character: the two bytes of a Chinese character are never parted. */
function textLength(bytes: Uint8Array, at: number): number {
  let end = at;
  while (end < bytes.length && (bytes[end] ?? 0) >= 0x20) end += 1;
  return end - at;
}

/** `GS ( k` and `GS v 0` have a third letter that is part of their name. */
function nameOf(bytes: Uint8Array, at: number): string {
  const letter = bytes[at + 1] ?? 0;
  const shown =
    letter < 0x20 ? (CONTROL_NAMES[letter] ?? hex(letter)) : String.fromCharCode(letter);
  const third = bytes[at + 2] ?? 0;
  if (shown === '(' || (shown === 'v' && third >= 0x20)) {
    return `${shown} ${String.fromCharCode(third)}`;
  }
  return letter < 0x20 ? `${shown} ${third}` : shown;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0').toUpperCase();
}
