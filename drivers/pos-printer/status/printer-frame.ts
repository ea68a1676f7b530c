/**
 * What a printer sends, all of it mixed in one stream. Which of `DLE EOT 1` to `4` an answer belongs
 * to does not stand in the byte: only the order of the questions tells.
 */
export type PrinterFrame =
  /** The answer to `DLE EOT n`: one byte `0xx1xx10`. */
  | { readonly type: 'realTime'; readonly value: number }
  /** Automatic status (`GS a`), pushed on a change: four bytes, the first one `0xx1xx00`. */
  | { readonly type: 'automatic'; readonly bytes: AutomaticStatus }
  /** `37 22 d1 d2 d3 d4 00`: all that was sent before this id of `GS ( H` is on paper. */
  | { readonly type: 'processId'; readonly id: string }
  /** `37 25 00`: `DLE DC4 8` has cleared the buffers. */
  | { readonly type: 'cleared' }
  /** The answer to `GS I 65` to `69`: `5F`, text, `00`. */
  | { readonly type: 'text'; readonly text: string }
  /** The answer to `GS r 1`: one byte `0xx0xxxx`, the paper sensors in its lower half. */
  | { readonly type: 'sensor'; readonly value: number };

export type AutomaticStatus = readonly [number, number, number, number];

/** Bits 0, 1, 4 and 7 tell an answer to `DLE EOT` from the first byte of an automatic status. */
export function isRealTimeStatus(byte: number): boolean {
  return (byte & 0x93) === 0x12;
}

export function startsAutomaticStatus(byte: number): boolean {
  return (byte & 0x93) === 0x10;
}

/** The second to fourth byte of an automatic status. */
export function continuesAutomaticStatus(byte: number): boolean {
  return (byte & 0x90) === 0;
}

/** Each paper sensor has two bits that are equal; anything else is no answer to `GS r 1`. */
export function isSensorStatus(byte: number): boolean {
  return (byte & 0x90) === 0 && [0x0, 0x3, 0xc, 0xf].includes(byte & 0x0f);
}

/** `GS r 1`: the roll's sensor sees no paper. */
export function saysPaperEnd(sensor: number): boolean {
  return (sensor & 0x0c) !== 0;
}
