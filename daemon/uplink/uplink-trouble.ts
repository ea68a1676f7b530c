/** What goes wrong between this gateway and HQ, as `status` shows it and people are told of it. */

export class UplinkTrouble {
  readonly #onProblem: (sentence: string) => void;
  readonly #refused = new Map<string, number>();
  #problem: string | null = null;
  /** The present problem is the one of a head that could not be written. */
  #isUnwritable = false;
  #lastRefusal: string | undefined;

  constructor(onProblem: (sentence: string) => void) {
    this.#onProblem = onProblem;
  }

  get problem(): string | null {
    return this.#problem;
  }

  /** By HQ's reason, or ours for what HQ sent. */
  get refused(): Record<string, number> {
    return Object.fromEntries(this.#refused);
  }

  /** Why HQ does not take what is sent; undefined while it does. */
  get lastRefusal(): string | undefined {
    return this.#lastRefusal;
  }

  /** A problem is passed on once, until it is gone or becomes another. */
  note(sentence: string): void {
    this.#isUnwritable = false;
    if (this.#problem === sentence) return;
    this.#problem = sentence;
    this.#onProblem(sentence);
  }

  refuse(reason: string, sentence: string): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
    this.note(sentence);
  }

  refusedByHq(reason: string): void {
    this.#lastRefusal = reason;
    this.refuse(reason, `HQ refused what was sent: ${reason}.`);
  }

  /** HQ took what was sent. */
  healed(): void {
    this.#problem = null;
    this.#lastRefusal = undefined;
  }

  unwritable(sentence: string): void {
    this.note(sentence);
    this.#isUnwritable = true;
  }

  /** A head was written; gives whether that ended the present problem. */
  written(): boolean {
    if (!this.#isUnwritable) return false;
    this.#isUnwritable = false;
    this.#problem = null;
    return true;
  }
}
