/**
 * What one scale protocol is to the session that all scales share (scale-session.ts): the bytes to
 * ask with, and what a record says. A dialect holds no time; the little state it may have is where
 * in an exchange of its protocol it stands.
 */
import type { DeviceIdentity } from '../session-machine.ts';
import type { Framer } from '../framer.ts';
import type { JobProblem } from '../job.ts';
import type { Scaled } from '../../protocol/scaled.ts';
import type { Weight } from '../weight.ts';
import type { Reading } from './weighing.ts';

/** What a `read` job asks for beside a weight. */
export interface ReadParams {
  readonly tare?: Weight;
  /** For scales that show the customer a price. */
  readonly unitPrice?: Scaled;
}

export type ScaleWish =
  | { readonly type: 'weight'; readonly read?: ReadParams }
  | { readonly type: 'zero' }
  | { readonly type: 'tare'; readonly tare?: Weight | 'clear' };

export type ScaleAnswer =
  | Reading
  /** What a price-computing scale adds to its weight: minor units as the scale rounded them. */
  | { readonly type: 'sale'; readonly reading: Reading; readonly price: Scaled }
  /** The first half of an exchange went well: ask on at once. */
  | { readonly type: 'goOn' }
  /** A command was carried out, or was not. */
  | { readonly type: 'command'; readonly isDone: boolean }
  /** The wish cannot come true, whatever time passes. */
  | { readonly type: 'impossible'; readonly problem: JobProblem }
  | { readonly type: 'identity'; readonly identity: DeviceIdentity }
  /** An answer that tells nothing new. */
  | { readonly type: 'nothing' };

export interface ScaleDialect {
  readonly framer: Framer<string>;
  /** Sent once at the beginning, answers are welcome and not waited for. */
  readonly greeting: Uint8Array;
  /** Why this protocol cannot do that; asked before anything is sent for it. */
  check(wish: ScaleWish): JobProblem | undefined;
  /** The bytes that come next for this wish; called again until its answer is there. */
  ask(wish: ScaleWish): Uint8Array;
  /** What a record means; it matched the framer's pattern. */
  read(record: string, raw: Uint8Array): ScaleAnswer;
  /** Whether the scale answers to zero and tare by itself; otherwise its weights show it. */
  readonly confirmsCommands: boolean;
  /** Whether the scale itself subtracts the tare that a `read` names. */
  readonly takesTare: boolean;
  /** One record in words, for `peripheral log`. */
  explain(record: string): string;
  /** One request of ours in words. */
  explainAsk(bytes: Uint8Array): string;
}
