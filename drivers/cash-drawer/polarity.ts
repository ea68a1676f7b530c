/**
 * Which level means open. It is configured, or learnt from a drawer that opens: the level changes soon
 * after the pulse. One reading says nothing, and neither does a change that no pulse caused.
 */
import type { Level } from './drawer-line.ts';

export class Polarity {
  readonly #isConfigured: boolean;
  #openLevel: Level | undefined;

  constructor(configured: Level | undefined) {
    this.#isConfigured = configured !== undefined;
    this.#openLevel = configured;
  }

  get openLevel(): Level | undefined {
    return this.#openLevel;
  }

  get isLearned(): boolean {
    return !this.#isConfigured && this.#openLevel !== undefined;
  }

  /** Undefined while the level or its meaning is not known. */
  isOpen(level: Level | undefined): boolean | undefined {
    if (level === undefined || this.#openLevel === undefined) return undefined;
    return level === this.#openLevel;
  }

  /** A pulse made the level become this; returns whether that was news. */
  learn(level: Level): boolean {
    if (this.#isConfigured || this.#openLevel !== undefined) return false;
    this.#openLevel = level;
    return true;
  }
}
