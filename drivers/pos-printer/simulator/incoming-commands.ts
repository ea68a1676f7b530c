/**
 * Takes the bytes that reach a printer apart into commands as they arrive, as a printer's own
 * program does: a command is handed on when its last byte is there, real-time ones at once. What
 * stands inside a picture or a parameter is data, whatever it looks like. Written from the command
 * reference alone, so that it can find the mistakes of whoever sends.
 */
export interface IncomingCommand {
  readonly bytes: Uint8Array;
  readonly isRealTime: boolean;
}

/** How many bytes a command has, as soon as enough of them are known. */
type Length = number | 'unknownYet';

const DLE = 0x10;
const ESC = 0x1b;
const FS = 0x1c;
const GS = 0x1d;

/** Parameters behind `ESC x`; what is not listed has none. */
const ESC_PARAMETERS: Readonly<Record<string, number>> = {
  ...{ ' ': 1, '!': 1, $: 2, '%': 1, '-': 1, '3': 1, '=': 1, '?': 1, B: 2, E: 1, G: 1, J: 1 },
  ...{ K: 1, M: 1, R: 1, T: 1, V: 1, W: 8, '\\': 2, a: 1, c: 2, d: 1, e: 1, p: 3, r: 1, t: 1 },
  ...{ u: 1, '{': 1 },
};
const GS_PARAMETERS: Readonly<Record<string, number>> = {
  ...{ '!': 1, $: 2, '/': 1, B: 1, H: 1, I: 1, L: 2, P: 2, T: 1, W: 2, '\\': 2, '^': 3, a: 1 },
  ...{ b: 1, f: 1, h: 1, r: 1, w: 1 },
};
const FS_PARAMETERS: Readonly<Record<string, number>> = { '!': 1, '-': 1, C: 1, S: 2, W: 1, p: 2 };

export class IncomingCommands {
  #bytes: number[] = [];
  #length: Length = 'unknownYet';

  /** Bytes of a command whose end has not come. */
  get pendingBytes(): number {
    return this.#bytes.length;
  }

  /** The command that ends with this byte. */
  push(byte: number): IncomingCommand | undefined {
    this.#bytes.push(byte);
    if (this.#length === 'unknownYet') this.#length = lengthOf(this.#bytes);
    if (this.#length === 'unknownYet' || this.#bytes.length < this.#length) return undefined;
    const bytes = Uint8Array.from(this.#bytes);
    this.clear();
    return { bytes, isRealTime: bytes[0] === DLE && bytes.length > 1 };
  }

  clear(): void {
    this.#bytes = [];
    this.#length = 'unknownYet';
  }
}

function lengthOf(bytes: readonly number[]): Length {
  const [first = 0, second] = bytes;
  if (![DLE, ESC, FS, GS].includes(first)) return 1;
  if (second === undefined) return 'unknownYet';
  const letter = String.fromCharCode(second);
  if (first === DLE) return realTimeLength(bytes);
  if (letter === '(') return counted(bytes, 3, { head: 5, each: 1 });
  if (first === ESC) return escLength(bytes, letter);
  if (first === GS) return gsLength(bytes, letter);
  return 2 + (FS_PARAMETERS[letter] ?? 0);
}

function realTimeLength([, second, third]: readonly number[]): Length {
  if (second === 0x04 || second === 0x05) return 3;
  if (second !== 0x14) return 1;
  if (third === undefined) return 'unknownYet';
  return third === 8 ? 10 : 5;
}

function escLength(bytes: readonly number[], letter: string): Length {
  if (letter === '*') {
    const mode = bytes[2];
    if (mode === undefined) return 'unknownYet';
    return counted(bytes, 3, { head: 5, each: mode >= 32 ? 3 : 1 });
  }
  if (letter === 'D') return bytes.length > 2 && bytes.at(-1) === 0 ? bytes.length : 'unknownYet';
  return 2 + (ESC_PARAMETERS[letter] ?? 0);
}

function gsLength(bytes: readonly number[], letter: string): Length {
  const third = bytes[2];
  if (letter === 'V' || letter === 'k' || letter === '*') {
    if (third === undefined) return 'unknownYet';
  }
  switch (letter) {
    case 'V':
      return third !== undefined && [65, 66, 97, 98, 103, 104].includes(third) ? 4 : 3;
    case 'k':
      return barcodeLength(bytes, third ?? 0);
    case 'v': {
      const [across, down] = [word(bytes, 4), word(bytes, 6)];
      return across === undefined || down === undefined ? 'unknownYet' : 8 + across * down;
    }
    case '*': {
      const fourth = bytes[3];
      return fourth === undefined ? 'unknownYet' : 4 + (third ?? 0) * fourth * 8;
    }
    case '8': {
      const [low, high] = [word(bytes, 3), word(bytes, 5)];
      return low === undefined || high === undefined ? 'unknownYet' : 7 + low + high * 65_536;
    }
    default:
      return 2 + (GS_PARAMETERS[letter] ?? 0);
  }
}

function barcodeLength(bytes: readonly number[], symbology: number): Length {
  if (symbology <= 6) {
    return bytes.length > 3 && bytes.at(-1) === 0 ? bytes.length : 'unknownYet';
  }
  const count = bytes[3];
  return count === undefined ? 'unknownYet' : 4 + count;
}

function counted(
  bytes: readonly number[],
  at: number,
  size: { head: number; each: number },
): Length {
  const count = word(bytes, at);
  return count === undefined ? 'unknownYet' : size.head + count * size.each;
}

function word(bytes: readonly number[], at: number): number | undefined {
  const [low, high] = [bytes[at], bytes[at + 1]];
  return low === undefined || high === undefined ? undefined : low + high * 256;
}
