/**
 * Takes apart what a printer sends. One-byte answers are so short that much noise looks like them:
 * what was not asked for (`expects`) is noise. Neither a text nor an id may hold what cannot stand in
 * it, so a false beginning gives way one byte further on.
 *
 *   0xx1xx10                              DLE EOT
 *   0xx1xx00 0xx0xxxx 0xx0xxxx 0xx0xxxx   automatic status
 *   37 22 d1 d2 d3 d4 00                  GS ( H, process id
 *   37 25 00                              DLE DC4 8, cleared
 *   5F text 00                            GS I
 *   0xx0xxxx                              GS r 1
 */
import type { Framed, Framer } from '../../framer.ts';
import {
  continuesAutomaticStatus,
  isRealTimeStatus,
  isSensorStatus,
  startsAutomaticStatus,
} from './printer-frame.ts';
import type { PrinterFrame } from './printer-frame.ts';

/** What the printer was asked and has not answered yet; looked at with each byte. */
export interface ExpectedAnswers {
  readonly text: boolean;
  readonly sensor: boolean;
}

/** A text of `GS I` is some 20 characters; the longest one described anywhere has 80. */
const TEXT_BYTES_MAX = 80;
const TEXT_HEADER = 0x5f;
const BLOCK_HEADER = 0x37;
const PROCESS_ID = 0x22;
const CLEARED = 0x25;

/** What stands at a place: a frame with its length, not yet all of it, or nothing. */
type Reading = { readonly frame: PrinterFrame; readonly length: number } | 'incomplete' | 'nothing';

export function createStatusFramer(
  expects: ExpectedAnswers = { text: true, sensor: true },
): Framer<PrinterFrame> {
  return new StatusFramer(expects);
}

class StatusFramer implements Framer<PrinterFrame> {
  readonly #expects: ExpectedAnswers;
  #waiting = new Uint8Array(0);

  constructor(expects: ExpectedAnswers) {
    this.#expects = expects;
  }

  get bufferedBytes(): number {
    return this.#waiting.length;
  }

  push(chunk: Uint8Array): readonly Framed<PrinterFrame>[] {
    const bytes = new Uint8Array(this.#waiting.length + chunk.length);
    bytes.set(this.#waiting);
    bytes.set(chunk, this.#waiting.length);
    return this.#read(bytes, 'mayWait');
  }

  flush(): readonly Framed<PrinterFrame>[] {
    return this.#read(this.#waiting, 'atEnd');
  }

  #read(bytes: Uint8Array, mode: 'mayWait' | 'atEnd'): readonly Framed<PrinterFrame>[] {
    const read: Framed<PrinterFrame>[] = [];
    let noiseFrom = 0;
    let at = 0;
    const endNoise = (): void => {
      if (at === noiseFrom) return;
      read.push({ type: 'discarded', bytes: bytes.slice(noiseFrom, at), why: 'noise' });
    };
    while (at < bytes.length) {
      const reading = readAt(bytes, at, this.#expects);
      if (reading === 'incomplete' && mode === 'mayWait') break;
      if (reading === 'nothing' || reading === 'incomplete') {
        at += 1;
        continue;
      }
      endNoise();
      const end = at + reading.length;
      read.push({ type: 'frame', frame: reading.frame, bytes: bytes.slice(at, end) });
      at = end;
      noiseFrom = at;
    }
    endNoise();
    this.#waiting = bytes.slice(at);
    return read;
  }
}

function readAt(bytes: Uint8Array, at: number, expects: ExpectedAnswers): Reading {
  const first = bytes[at] ?? 0;
  if (isRealTimeStatus(first)) return { frame: { type: 'realTime', value: first }, length: 1 };
  if (startsAutomaticStatus(first)) return readAutomatic(bytes, at);
  if (first === BLOCK_HEADER) return readBlock(bytes, at);
  if (first === TEXT_HEADER && expects.text) return readText(bytes, at);
  if (expects.sensor && isSensorStatus(first)) {
    return { frame: { type: 'sensor', value: first }, length: 1 };
  }
  return 'nothing';
}

function readAutomatic(bytes: Uint8Array, at: number): Reading {
  const [first = 0, second, third, fourth] = bytes.subarray(at, at + 4);
  for (const byte of [second, third, fourth]) {
    if (byte !== undefined && !continuesAutomaticStatus(byte)) return 'nothing';
  }
  if (second === undefined || third === undefined || fourth === undefined) return 'incomplete';
  return { frame: { type: 'automatic', bytes: [first, second, third, fourth] }, length: 4 };
}

function readBlock(bytes: Uint8Array, at: number): Reading {
  const identifier = bytes[at + 1];
  if (identifier === undefined) return 'incomplete';
  if (identifier === CLEARED) {
    const end = bytes[at + 2];
    if (end === undefined) return 'incomplete';
    return end === 0 ? { frame: { type: 'cleared' }, length: 3 } : 'nothing';
  }
  if (identifier !== PROCESS_ID) return 'nothing';
  const id = bytes.subarray(at + 2, at + 6);
  if (!id.every(isPrintable)) return 'nothing';
  const end = bytes[at + 6];
  if (end === undefined) return 'incomplete';
  if (end !== 0) return 'nothing';
  return { frame: { type: 'processId', id: String.fromCharCode(...id) }, length: 7 };
}

function readText(bytes: Uint8Array, at: number): Reading {
  const limit = at + 1 + TEXT_BYTES_MAX;
  let end = at + 1;
  while (end < bytes.length && end < limit) {
    const byte = bytes[end] ?? 0;
    if (byte === 0) break;
    // A second header is the beginning of the true text: no model and no number has `_` in it.
    if (!isPrintable(byte) || byte === TEXT_HEADER) return 'nothing';
    end += 1;
  }
  if (end === limit) return 'nothing';
  if (end === bytes.length) return 'incomplete';
  const text = bytes.subarray(at + 1, end);
  if (text.length === 0 || endsWithProcessId(text)) return 'nothing';
  return { frame: { type: 'text', text: String.fromCharCode(...text) }, length: end + 1 - at };
}

/** Noise that looks like the header of a text must not swallow the confirmation of a print. */
function endsWithProcessId(text: Uint8Array): boolean {
  return text.at(-6) === BLOCK_HEADER && text.at(-5) === PROCESS_ID;
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e;
}
