/**
 * How much one connection's answers may cost in one turn of the event loop. A result goes to all who
 * subscribed to it at once; where a thousand do, sixty-four results of one commit are a fifth of a
 * second in which no other till is read. Who has spent a turn's share goes on in the next one, and
 * others come in between.
 */

/** Some twenty milliseconds; fewer cost more system calls, since each turn writes to each socket. */
const DELIVERIES_A_TURN_MAX = 4_096;

export class FanOutPace {
  readonly #goOn: () => void;
  readonly #nextTurn: (callback: () => void) => void;
  #spent = 0;
  #isWaiting = false;

  /** `goOn` is called in a later turn, once for each time that the share was spent. */
  constructor(goOn: () => void, nextTurn: (callback: () => void) => void = setImmediate) {
    this.#goOn = goOn;
    this.#nextTurn = nextTurn;
  }

  /** The share is spent, and `goOn` will be called. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Counts packets that went out. */
  spend(deliveries: number): void {
    this.#spent += deliveries;
    if (this.#isWaiting || this.#spent < DELIVERIES_A_TURN_MAX) return;
    this.#isWaiting = true;
    this.#nextTurn(() => {
      this.#isWaiting = false;
      this.#spent = 0;
      this.#goOn();
    });
  }
}
