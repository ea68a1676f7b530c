/** Memory that many share: each adds what it holds and gives it back; nobody may add above the cap. */
import { assert } from '../../protocol/must.ts';

export class ByteBudget {
  readonly #bytesMax: number;
  #usedBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get isExceeded(): boolean {
    return this.#usedBytes > this.#bytesMax;
  }

  /** Moves one holder's share; who finds the budget exceeded afterwards decides what to give up. */
  move(fromBytes: number, toBytes: number): void {
    this.#usedBytes += toBytes - fromBytes;
    assert(this.#usedBytes >= 0, 'a holder gives back no more than it took');
  }
}
