/**
 * A disk whose power can be cut at any moment while processes write to it: `cut` remembers the
 * moment and disturbs nobody; once the disk is out of use, `inspect` shows what a computer would
 * find after each of those cuts, and `resume` goes on from one.
 */
import type { ChainHomes } from '../support/chain-processes.ts';
import type { SeededRandom } from '../support/seeded-random.ts';

export type Side = keyof ChainHomes;

/** A moment, as its disk knows it. */
export type Cut = { readonly number: number };

export interface CutDisk {
  readonly name: 'snapshot' | 'volatile';
  /** Where both homes lie while the disk is in use. */
  readonly homes: ChainHomes;
  /** Sides that may lose their power while the other goes on. */
  readonly separateSides: boolean;
  cut(): Cut;
  /** Takes the disk out of use: nobody may have a file open there any more. */
  unmount(): void;
  /** Mounts what is left after `cut` for as long as `work` takes. Ascending cuts only. */
  inspect<T>(cut: Cut, work: (homes: ChainHomes) => Promise<T>): Promise<T>;
  /** The disk in use again, as `cut` left it; a side that was not cut, as it was in the end. */
  resume(cut: Cut, sides: readonly Side[]): void;
  close(): void;
}

export interface CutDiskOptions {
  /** A folder of its own. */
  folder: string;
  random: SeededRandom;
}
