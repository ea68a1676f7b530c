/**
 * Reports of HID bar code scanners (usage page 8C, usage 2), as the kernel's hidraw gives them:
 *
 *   report id · length · `]` letter digit · data, 56 bytes · symbology · reserved · bit 0: continued
 *
 * Some units put one byte before the AIM identifier; the `]` shows where it is. Reports are all of
 * one size, and each read gives one; after bytes that are no report the search goes on one byte
 * further.
 */
import type { Framed, Framer } from '../framer.ts';

export interface HidPosReport {
  /** `]E0`; undefined where the unit sends none. */
  readonly aim?: string;
  readonly data: Uint8Array;
  /** The code goes on in the next report. */
  readonly isContinued: boolean;
}

/** Without the report id. */
export const HID_POS_REPORT_BYTES = 63;
const DATA_BYTES_MAX = 56;
const CONTINUATION_AT = 62;
const BRACKET = 0x5d;

export class HidPosFramer implements Framer<HidPosReport> {
  /** 0 for devices without report ids, whose reports begin with the length. */
  readonly #reportId: number;
  readonly #buffer: Uint8Array;
  #length = 0;

  constructor(reportId: number) {
    this.#reportId = reportId;
    this.#buffer = new Uint8Array(HID_POS_REPORT_BYTES + (reportId === 0 ? 0 : 1));
  }

  get bufferedBytes(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): readonly Framed<HidPosReport>[] {
    const framed: Framed<HidPosReport>[] = [];
    const dropped: number[] = [];
    for (const byte of chunk) {
      this.#buffer[this.#length++] = byte;
      this.#takeReports(framed, dropped);
    }
    if (dropped.length > 0) framed.push(noise(dropped));
    return framed;
  }

  flush(): readonly Framed<HidPosReport>[] {
    const bytes = this.#buffer.slice(0, this.#length);
    this.#length = 0;
    return bytes.length === 0 ? [] : [{ type: 'discarded', bytes, why: 'incomplete' }];
  }

  #takeReports(framed: Framed<HidPosReport>[], dropped: number[]): void {
    while (this.#length > 0) {
      const isWhole = this.#length === this.#buffer.length;
      const report = isWhole ? this.#report() : undefined;
      if (report !== undefined) {
        if (dropped.length > 0) framed.push(noise(dropped.splice(0)));
        framed.push({ type: 'frame', frame: report, bytes: this.#buffer.slice() });
        this.#length = 0;
        return;
      }
      if (!isWhole && this.#mayBegin()) return;
      dropped.push(this.#buffer[0] ?? 0);
      this.#buffer.copyWithin(0, 1, this.#length);
      this.#length -= 1;
    }
  }

  #mayBegin(): boolean {
    if (this.#reportId === 0) return (this.#buffer[0] ?? 0) <= DATA_BYTES_MAX;
    const isKnown = this.#buffer[0] === this.#reportId;
    return isKnown && (this.#length < 2 || (this.#buffer[1] ?? 0) <= DATA_BYTES_MAX);
  }

  #report(): HidPosReport | undefined {
    if (!this.#mayBegin()) return undefined;
    const body = this.#buffer.slice(this.#reportId === 0 ? 0 : 1);
    const length = body[0] ?? 0;
    const flags = body[CONTINUATION_AT] ?? 0;
    const at = [1, 2].find((place) => isAim(body, place));
    const hasNone = at === undefined && body.subarray(1, 4).every((byte) => byte === 0);
    if (flags > 1 || (at === undefined && !hasNone)) return undefined;
    const aim = at === undefined ? undefined : String.fromCharCode(...body.subarray(at, at + 3));
    const dataAt = (at ?? 1) + 3;
    return {
      ...(aim !== undefined && { aim }),
      data: body.slice(dataAt, dataAt + length),
      isContinued: (flags & 1) !== 0,
    };
  }
}

/** `]`, a letter, a digit or letter. */
function isAim(body: Uint8Array, at: number): boolean {
  if (body[at] !== BRACKET) return false;
  return /^[A-Za-z][0-9A-Za-z]$/.test(String.fromCharCode(body[at + 1] ?? 0, body[at + 2] ?? 0));
}

function noise(dropped: readonly number[]): Framed<HidPosReport> {
  return { type: 'discarded', bytes: Uint8Array.from(dropped), why: 'noise' };
}
