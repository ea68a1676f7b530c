/**
 * All chance of a run. A seed gives the same throws everywhere and for ever; a fork is a stream of
 * its own, so that what one part of the world draws does not shift what another gets.
 */
import { hash } from 'node:crypto';
import { must } from '../../protocol/must.ts';

export class Dice {
  readonly #seed: string;
  readonly #state: Uint32Array;

  constructor(seed: string) {
    this.#seed = seed;
    const digest = hash('sha256', seed, 'buffer');
    this.#state = Uint32Array.from([0, 4, 8, 12], (at) => digest.readUInt32LE(at));
  }

  fork(label: string): Dice {
    return new Dice(`${this.#seed}/${label}`);
  }

  /** In [0, 1). */
  readonly next = (): number => this.#word() / 2 ** 32;

  /** In [0, limit). */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** In [least, most]. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return must(list[this.below(list.length)], 'there is something to pick from');
  }

  /** A name, as likely as its weight. */
  weighted<N extends string>(weights: Readonly<Record<N, number>>): N {
    const entries = Object.entries(weights) as [N, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    return must(entries[0], 'there is something to weigh')[0];
  }

  readonly bytes = (count: number): Uint8Array => {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count; at += 1) bytes[at] = this.#word() >>> 24;
    return bytes;
  };

  uuid(): string {
    const hex = Buffer.from(this.bytes(16)).toString('hex');
    const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`];
    return [...parts, `a${hex.slice(17, 20)}`, hex.slice(20)].join('-');
  }

  /** xoshiro128**. */
  #word(): number {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = state;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const mixed = c ^ a;
    const last = d ^ b;
    state[1] = b ^ mixed;
    state[0] = a ^ last;
    state[2] = mixed ^ (b << 9);
    state[3] = rotate(last, 11);
    return result;
  }
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
