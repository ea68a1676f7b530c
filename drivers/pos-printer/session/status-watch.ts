/**
 * What is known of the printer's state, from questions (`DLE EOT`) and from what it pushes (`GS a`)
 * together. It also notices what no printer says: that it is off, and that it has been off in between.
 *
 * The four questions go out at once and their answers are told apart by order. One round is asked at
 * a time; a round that is not answered whole is asked once more and then counts as failed.
 */
import { ASK_STATUS } from '../control-commands.ts';
import type { PrinterProfile } from '../printer-profile.ts';
import type { AutomaticStatus } from '../status/printer-frame.ts';
import { conditionOf, fromAutomatic, fromRealTime } from '../status/printer-status.ts';
import type { PrinterStatus } from '../status/printer-status.ts';
import type { PeripheralCondition } from '../../session-machine.ts';
import type { EffectList } from './effect-list.ts';

/** Answers to real-time questions come within milliseconds; a serial line at 9600 needs some 20. */
const ROUND_MS = 1_000;
const ATTEMPTS = 2;
/** A push and an answer may cross once; a second contradiction means that nothing is pushed any more. */
const CONTRADICTIONS = 2;

export class StatusWatch {
  readonly #profile: PrinterProfile;
  readonly #out: EffectList;
  #status: PrinterStatus | 'mute' | undefined;
  #pushed: PrinterStatus | undefined;
  #asking: { readonly answers: number[]; attempt: number } | undefined;
  #contradictions = 0;
  #rounds = 0;
  #sawSilence = false;
  #lostSettings = false;
  #told: string | undefined;

  constructor(profile: PrinterProfile, out: EffectList) {
    this.#profile = profile;
    this.#out = out;
  }

  get condition(): PeripheralCondition {
    return conditionOf(this.#status);
  }

  /** Rounds of questions that have ended, answered or not. */
  get rounds(): number {
    return this.#rounds;
  }

  get isAsking(): boolean {
    return this.#asking !== undefined;
  }

  /** The last round was not answered. */
  get isMute(): boolean {
    return this.#status === 'mute';
  }

  get isPushed(): boolean {
    return this.#pushed !== undefined;
  }

  get isPaperLow(): boolean {
    return typeof this.#status === 'object' && this.#status.isPaperLow;
  }

  /** Pin 3 of the drawer connector; undefined while nothing is known. */
  get isDrawerHigh(): boolean | undefined {
    return typeof this.#status === 'object' ? this.#status.isDrawerHigh : undefined;
  }

  /**
   * Since `forgetSilence` a question stayed unanswered, or a write did not go on for long, and the
   * printer has not proved since, by pushing a status, that it still has its settings.
   */
  get sawSilence(): boolean {
    return this.#sawSilence;
  }

  /** Answers again after a silence, and nothing shows that it was on all the time. */
  get isBackFromSilence(): boolean {
    return this.#sawSilence && typeof this.#status === 'object' && this.#asking === undefined;
  }

  forgetSilence(): void {
    this.#sawSilence = false;
  }

  noteSilence(): void {
    this.#sawSilence = true;
  }

  /** True once after the printer was found to have forgotten its settings. */
  takeLostSettings(): boolean {
    const lost = this.#lostSettings;
    this.#lostSettings = false;
    return lost;
  }

  /** Begins a round, unless one is under way or the printer answers no questions. */
  inquire(): void {
    if (this.#asking !== undefined) return;
    if (!this.#profile.realTimeStatus) {
      this.#rounds += 1;
      return;
    }
    this.#asking = { answers: [], attempt: 1 };
    this.#ask();
  }

  takeRealTime(value: number): void {
    const asking = this.#asking;
    if (asking === undefined) return;
    asking.answers.push(value);
    const [first, second, third, fourth] = asking.answers;
    if (first === undefined || second === undefined) return;
    if (third === undefined || fourth === undefined) return;
    this.#out.stopTimer('round');
    this.#endRound(fromRealTime([first, second, third, fourth]));
  }

  takeAutomatic(bytes: AutomaticStatus): void {
    this.#pushed = fromAutomatic(bytes);
    this.#contradictions = 0;
    this.#sawSilence = false;
    this.#status = this.#pushed;
    this.tellCondition();
  }

  /** The timer `round`. */
  roundTimedOut(): void {
    const asking = this.#asking;
    if (asking === undefined) return;
    this.#sawSilence = true;
    if (asking.attempt < ATTEMPTS) {
      this.#asking = { answers: [], attempt: asking.attempt + 1 };
      this.#ask();
      return;
    }
    this.#endRound('mute');
  }

  /** Tells the condition if it is another one than told last. */
  tellCondition(): void {
    const { condition } = this;
    const told = JSON.stringify(condition);
    if (told === this.#told) return;
    this.#told = told;
    this.#out.add({ type: 'condition', condition });
  }

  #ask(): void {
    this.#out.write(ASK_STATUS);
    this.#out.timer('round', ROUND_MS);
  }

  #endRound(status: PrinterStatus | 'mute'): void {
    this.#asking = undefined;
    this.#rounds += 1;
    this.#status = status;
    if (typeof status === 'object') this.#compareWithPushed(status);
    this.tellCondition();
  }

  #compareWithPushed(asked: PrinterStatus): void {
    const pushed = this.#pushed;
    if (pushed === undefined) return;
    const isSame =
      pushed.isCoverOpen === asked.isCoverOpen &&
      pushed.isPaperOut === asked.isPaperOut &&
      pushed.isDrawerHigh === asked.isDrawerHigh;
    this.#contradictions = isSame ? 0 : this.#contradictions + 1;
    if (this.#contradictions < CONTRADICTIONS) return;
    this.#contradictions = 0;
    this.#pushed = undefined;
    this.#sawSilence = true;
    this.#lostSettings = true;
  }
}
