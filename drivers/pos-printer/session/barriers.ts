/**
 * `GS r 1` used as a barrier: its answers carry no name, but they come in the order of the questions.
 * So the one that counts is the answer after which none is owed any more.
 */
import { BARRIER } from '../control-commands.ts';
import type { EffectList } from './effect-list.ts';

export class Barriers {
  readonly #out: EffectList;
  #owed = 0;

  constructor(out: EffectList) {
    this.#out = out;
  }

  get areOwed(): boolean {
    return this.#owed > 0;
  }

  send(): void {
    this.#out.write(BARRIER);
    this.#owed += 1;
  }

  /** For a barrier that goes out with other bytes. */
  noteSent(): void {
    this.#owed += 1;
  }

  /** Returns whether it is the last one that was owed. */
  takeAnswer(): boolean {
    this.#owed = Math.max(0, this.#owed - 1);
    return this.#owed === 0;
  }

  /** What is owed will not come: the printer has forgotten it. */
  forget(): void {
    this.#owed = 0;
  }
}
