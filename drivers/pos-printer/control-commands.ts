/**
 * The commands that a session sends of its own: questions, recovery, pulses and confirmations. What
 * is printed comes from encoding/. Names are those of the ESC/POS command reference.
 */
const DLE = 0x10;
const ESC = 0x1b;
const GS = 0x1d;

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

/** `DLE EOT 1` to `4` at once; the answers come one after the other. */
export const ASK_STATUS = bytes(DLE, 4, 1, DLE, 4, 2, DLE, 4, 3, DLE, 4, 4);

/** `GS a`: drawer, online, errors, paper and the panel's switch are told when they change. */
export const AUTOMATIC_STATUS_ON = bytes(GS, 0x61, 0x4f);

/** `GS I n`: 65 firmware, 66 maker, 67 model, 68 serial number. */
export const askIdentity = (n: number): Uint8Array => bytes(GS, 0x49, n);

/** `DLE ENQ 2`: recover from an error and clear what has been received. */
export const RECOVER = bytes(DLE, 5, 2);

/** `DLE DC4 8`: clear the receive and print buffers, whatever stands in them. */
export const CLEAR_BUFFERS = bytes(DLE, 0x14, 8, 1, 3, 0x14, 1, 6, 2, 8);

/** `ESC @`: styles, alignment and margins as after power on. */
export const INITIALISE = bytes(ESC, 0x40);

/** `GS ( H` function 48. The id is four printable characters. */
export function requestProcessId(id: string): Uint8Array {
  const letters = Array.from(id, (letter) => letter.charCodeAt(0));
  return bytes(GS, 0x28, 0x48, 6, 0, 0x30, 0x30, ...letters);
}

/** `GS r 1`: the paper sensors, answered when all before it has been worked off. */
export const BARRIER = bytes(GS, 0x72, 1);

/** `GS V`: feeds what was printed past the knife and cuts. */
export const feedAndCut = (isPartial: boolean): Uint8Array =>
  bytes(GS, 0x56, isPartial ? 66 : 65, 0);

/** A pulse on a drawer connector, times in units of 2 ms. */
export interface Pulse {
  readonly connector: 1 | 2;
  readonly onTime: number;
  readonly offTime: number;
}

/** `ESC p`: takes its turn among what is printed. */
export function pulse({ connector, onTime, offTime }: Pulse): Uint8Array {
  return bytes(ESC, 0x70, connector - 1, onTime, offTime);
}

/** One unit of `DLE DC4 1` is as long as this many units of `ESC p`. */
const REAL_TIME_UNIT = 50;

/** `DLE DC4 1`: at once, also out of paper; knows 1 to 8 tenths of a second. */
export function realTimePulse({ connector, onTime }: Pulse): Uint8Array {
  const tenths = Math.min(8, Math.max(1, Math.round(onTime / REAL_TIME_UNIT)));
  return bytes(DLE, 0x14, 1, connector - 1, tenths);
}
