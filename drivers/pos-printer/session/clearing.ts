/**
 * Makes sure that nothing of an earlier job can come out inside the next one: recovers, clears,
 * initialises, and waits until the printer answers an ordinary command again, which it does not while
 * it takes all for the rest of a picture. Then that picture is filled up with zeros, which print as
 * white and are nothing elsewhere, and it is asked once more.
 */
import {
  CLEAR_BUFFERS,
  feedAndCut,
  INITIALISE,
  RECOVER,
  requestProcessId,
} from '../control-commands.ts';
import type { PrinterProfile } from '../printer-profile.ts';
import type { Barriers } from './barriers.ts';
import type { EffectList } from './effect-list.ts';

const LINE_FEED = Uint8Array.of(0x0a);
/** Whatever is printed of an earlier job is done by then, a long receipt's rest included. */
const ANSWER_MS = 4_000;
const ATTEMPTS = 2;
/** All answers of `GS r` that were owed have come: whatever comes now was not asked for. */
const QUIET_MS = 300;
/** Some are still owed: a printer that was off does not send them any more. */
const LONG_QUIET_MS = 3_000;
/** The longest single picture command that the encoder makes is shorter. */
const PADDING_BYTES = 8 * 1024;
/** Ends the rest of a picture that never came, and means nothing otherwise. */
export const PADDING: Uint8Array = Uint8Array.from([
  ...new Uint8Array(PADDING_BYTES),
  ...INITIALISE,
]);

export type Cleanness =
  | 'clean'
  /** Nothing is known of what was before: a session begins. */
  | 'unclear'
  /** A job of this session ended in the middle. */
  | 'dirty';

type Stage =
  | { readonly at: 'begin' }
  | { readonly at: 'asked'; readonly attempt: number; readonly id: string }
  | { readonly at: 'quiet' }
  | { readonly at: 'done' }
  | { readonly at: 'failed' };

export interface ClearingParts {
  readonly profile: PrinterProfile;
  readonly out: EffectList;
  readonly barriers: Barriers;
  readonly nextId: () => string;
}

export class Clearing {
  readonly #profile: PrinterProfile;
  readonly #out: EffectList;
  readonly #barriers: Barriers;
  readonly #nextId: () => string;
  #stage: Stage = { at: 'begin' };

  constructor(parts: ClearingParts) {
    this.#profile = parts.profile;
    this.#out = parts.out;
    this.#barriers = parts.barriers;
    this.#nextId = parts.nextId;
  }

  get state(): 'begin' | 'waiting' | 'done' | 'failed' {
    const { at } = this.#stage;
    return at === 'asked' || at === 'quiet' ? 'waiting' : at;
  }

  begin(): void {
    const { confirmation } = this.#profile;
    for (const command of clearCommands(this.#profile)) this.#out.write(command);
    // Without an answer nobody knows whether half a picture waits: better zeros in vain.
    if (confirmation === 'none') this.#pad();
    if (confirmation === 'none') this.#end('done');
    else this.#ask(1);
  }

  takeProcessId(id: string): void {
    if (this.#stage.at === 'asked' && this.#stage.id === id) this.#end('done');
  }

  /** The answer to a barrier; `isLast` when no other is owed. */
  takeSensor(isLast: boolean): void {
    if (this.state !== 'waiting') return;
    this.#stage = { at: 'quiet' };
    this.#out.timer('clearing', isLast ? QUIET_MS : LONG_QUIET_MS);
  }

  /** The timer `clearing`. */
  timedOut(): void {
    if (this.#stage.at === 'quiet') {
      this.#barriers.forget();
      this.#end('done');
    }
    if (this.#stage.at !== 'asked') return;
    if (this.#stage.attempt >= ATTEMPTS) {
      this.#end('failed');
      return;
    }
    this.#pad();
    this.#ask(this.#stage.attempt + 1);
  }

  stop(): void {
    if (this.state === 'waiting') this.#out.stopTimer('clearing');
  }

  #pad(): void {
    this.#out.write(PADDING);
  }

  #ask(attempt: number): void {
    const id = this.#nextId();
    const { confirmation } = this.#profile;
    if (confirmation === 'barrier') this.#barriers.send();
    else this.#out.write(requestProcessId(id));
    this.#out.timer('clearing', ANSWER_MS);
    this.#stage = { at: 'asked', attempt, id };
  }

  #end(at: 'done' | 'failed'): void {
    this.#out.stopTimer('clearing');
    this.#stage = { at };
  }
}

/** Parts what was printed of an earlier job from what comes next. */
export function partingCommands({ cut }: PrinterProfile): Uint8Array {
  return cut === 'none' ? LINE_FEED : feedAndCut(cut === 'partial');
}

export function clearCommands(profile: PrinterProfile): readonly Uint8Array[] {
  return [
    ...(profile.recovers ? [RECOVER] : []),
    ...(profile.clearsBuffers === true ? [CLEAR_BUFFERS] : []),
    INITIALISE,
  ];
}
