/** The effects of one step, in their order; the parts of a session write into one list. */
import type { SessionEffect } from '../../session-machine.ts';

export class EffectList {
  #effects: SessionEffect[] = [];
  #marks = 0;
  #written = 0;
  #nowMs = 0;

  /** Monotonic time of the step. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Nothing with a mark waits to leave, so that a question is answered soon. */
  get isLineFree(): boolean {
    return this.#written === this.#marks;
  }

  noteWritten(mark: number): void {
    this.#written = Math.max(this.#written, mark);
  }

  begin(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#effects = [];
  }

  add(effect: SessionEffect): void {
    this.#effects.push(effect);
  }

  write(bytes: Uint8Array): void {
    this.add({ type: 'write', bytes });
  }

  /** Returns the mark that `written` will carry. */
  writeMarked(bytes: Uint8Array): number {
    this.#marks += 1;
    this.add({ type: 'write', bytes, mark: this.#marks });
    return this.#marks;
  }

  timer(name: string, afterMs: number): void {
    this.add({ type: 'timer', name, afterMs });
  }

  stopTimer(name: string): void {
    this.add({ type: 'stopTimer', name });
  }

  take(): readonly SessionEffect[] {
    return this.#effects;
  }
}
