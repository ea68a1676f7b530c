/**
 * Keeps the gateway's memory below what its service unit gives it. V8 lets the old generation of a heap
 * grow to four times of what lived at its last full collection before it collects again: the cheapest
 * way as long as there is room, and two hundred MiB of garbage when one client floods. So the heaps of
 * all threads may grow freely up to a mark, and little above it.
 */
import { setFlagsFromString } from 'node:v8';

const MIB = 1_048_576;
/** `MemoryMax=` of the unit, where nothing else bounds the process. */
export const USUAL_LIMIT_BYTES = 1_024 * MIB;
/** Above the first part of its limit a gateway becomes frugal, below the second it is free again. */
const FRUGAL_FROM = 0.6;
const FREE_BELOW = 0.45;
/** What a heap may grow beyond what lives before it is collected; 0 leaves it to V8. */
const FRUGAL_GROWTH_PERCENT = 20;

export interface MemoryWatchTools {
  /** Resident memory of the process, all threads, in bytes. */
  residentBytes(): number;
  /** Of all heaps of the process, from their next full collection on. */
  setGrowthPercent(percent: number): void;
}

const systemTools: MemoryWatchTools = {
  residentBytes: () => process.memoryUsage.rss(),
  setGrowthPercent: (percent) => setFlagsFromString(`--heap-growing-percent=${percent}`),
};

/** What the process may have: what its container or unit allows, at most `USUAL_LIMIT_BYTES`. */
export function memoryLimitBytes(): number {
  return Math.min(process.constrainedMemory() || USUAL_LIMIT_BYTES, USUAL_LIMIT_BYTES);
}

export class MemoryWatch {
  readonly #tools: MemoryWatchTools;
  readonly #limitBytes: number;
  #isFrugal = false;

  constructor(limitBytes: number, tools: MemoryWatchTools = systemTools) {
    this.#limitBytes = limitBytes;
    this.#tools = tools;
  }

  get isFrugal(): boolean {
    return this.#isFrugal;
  }

  /** To be called about once a second. */
  look(): void {
    const part = this.#tools.residentBytes() / this.#limitBytes;
    const isFrugal = part > (this.#isFrugal ? FREE_BELOW : FRUGAL_FROM);
    if (isFrugal === this.#isFrugal) return;
    this.#isFrugal = isFrugal;
    this.#tools.setGrowthPercent(isFrugal ? FRUGAL_GROWTH_PERCENT : 0);
  }
}
