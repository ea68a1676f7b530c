/** What a strict reading of JSON found wrong, and where: the faults of one text. */
import { TillgateError } from '../errors.ts';
import { jsonPointer, shorten } from './pointer.ts';

export type JsonFaultKind =
  'encoding' | 'syntax' | 'depth' | 'duplicateKey' | 'notInteger' | 'outOfRange' | 'loneSurrogate';

export type JsonFault = {
  kind: JsonFaultKind;
  /** JSON Pointer of the value (or, for a key, of the member) at fault. */
  path: string;
  /** The literal at fault, shortened; or what stands where something else was expected. */
  got: string;
  /** One sentence. */
  message: string;
};

/** As many as an answer lists. */
const FAULTS_MAX = 100;
/** Literals are shown, not repeated in full. */
const GOT_CHARACTERS_MAX = 60;

/** Collects faults at the place where the reader is; the rest beyond a hundred is only counted. */
export class FaultList {
  readonly items: JsonFault[] = [];
  /** Keys and positions from the root to where the reader is. */
  readonly path: (string | number)[] = [];
  omitted = 0;

  note(kind: JsonFaultKind, message: string, got: string): void {
    if (this.items.length >= FAULTS_MAX && kind !== 'syntax' && kind !== 'depth') {
      this.omitted += 1;
      return;
    }
    const path = jsonPointer(this.path);
    this.items.push({ kind, path, got: shorten(got, GOT_CHARACTERS_MAX), message });
  }

  /** Notes what ends the reading, and throws `TXN_NOT_JSON` for the parser to catch. */
  stop(kind: 'syntax' | 'depth', message: string, got: string): never {
    this.note(kind, message, got);
    throw new TillgateError('TXN_NOT_JSON', message);
  }
}
