/**
 * All answers of one commit as one message: columns, and one transferred buffer with the payloads
 * one after the other, already UTF-8, so that the broker's thread only slices and publishes.
 */
import { TillgateError, type ErrorCode } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import type { Alarm, Answer } from './commands.ts';
import type { Outcome } from './ledger-core.ts';

export interface AnswerPack {
  readonly type: 'answers';
  readonly tickets: number[];
  /** Position in OUTCOMES, + 16 for an answer given before; −1 for a failure. */
  readonly outcomes: number[];
  readonly indexes: number[];
  readonly lengths: number[];
  readonly payloads: ArrayBuffer;
  /** The origin of all answers but those named in `others`. */
  readonly origin: string;
  readonly others: [number, { origin: string; alarms?: Alarm[] }][];
  readonly failures: [number, PackedError][];
}

export interface PackedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly retryable: boolean;
}

const OUTCOMES = ['accepted', 'rejected', 'conflict', 'appended', 'job', 'rights'] as const;
const DUPLICATE = 16;
const FAILURE = -1;

export interface Settled {
  readonly ticket: number;
  readonly outcome: Outcome;
}

export function packAnswers(settled: readonly Settled[], origin: string): AnswerPack {
  const texts: string[] = [];
  const pack = {
    tickets: [] as number[],
    outcomes: [] as number[],
    indexes: [] as number[],
    lengths: [] as number[],
    others: [] as AnswerPack['others'],
    failures: [] as AnswerPack['failures'],
  };
  settled.forEach(({ ticket, outcome }, position) => {
    pack.tickets.push(ticket);
    if (outcome instanceof TillgateError) {
      pack.outcomes.push(FAILURE);
      pack.indexes.push(0);
      pack.lengths.push(0);
      pack.failures.push([position, packError(outcome)]);
      return;
    }
    const { text, alarms } = outcome;
    pack.outcomes.push(OUTCOMES.indexOf(outcome.outcome) + (outcome.duplicate ? DUPLICATE : 0));
    pack.indexes.push(outcome.index);
    // An accepted answer is ASCII throughout; a refusal quotes what it got.
    pack.lengths.push(outcome.outcome === 'accepted' ? text.length : Buffer.byteLength(text));
    texts.push(text);
    if (outcome.origin !== origin || alarms !== undefined) {
      pack.others.push([
        position,
        { origin: outcome.origin, ...(alarms !== undefined && { alarms }) },
      ]);
    }
  });
  const all = texts.join('');
  const bytes = Buffer.allocUnsafeSlow(pack.lengths.reduce((sum, length) => sum + length, 0));
  bytes.write(all, 'utf8');
  return { type: 'answers', origin, payloads: bytes.buffer, ...pack };
}

export type Unpacked =
  | { readonly ticket: number; readonly answer: Answer }
  | { readonly ticket: number; readonly error: TillgateError };

export function unpackAnswers(pack: AnswerPack): Unpacked[] {
  const others = new Map(pack.others);
  const failures = new Map(pack.failures);
  let at = 0;
  return pack.tickets.map((ticket, position) => {
    const failure = failures.get(position);
    if (failure !== undefined) return { ticket, error: unpackError(failure) };
    const outcome = must(pack.outcomes[position], 'the columns are equally long');
    const length = must(pack.lengths[position], 'the columns are equally long');
    const other = others.get(position);
    const answer: Answer = {
      outcome: must(OUTCOMES[outcome % DUPLICATE], 'an outcome is one of the list'),
      origin: other?.origin ?? pack.origin,
      index: must(pack.indexes[position], 'the columns are equally long'),
      payload: Buffer.from(pack.payloads, at, length),
      duplicate: outcome >= DUPLICATE,
      ...(other?.alarms !== undefined && { alarms: other.alarms }),
    };
    at += length;
    return { ticket, answer };
  });
}

/** Errors lose their class in a structured clone; code, message and hint are what counts. */
export function packError(error: TillgateError): PackedError {
  const { code, message, hint, retryable } = error;
  return { code, message, hint, retryable };
}

export function unpackError(packed: PackedError): TillgateError {
  const { code, message, hint, retryable } = packed;
  return new TillgateError(code, message, { hint, retryable });
}
