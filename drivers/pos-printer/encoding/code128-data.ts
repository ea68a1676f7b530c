/**
 * Code 128 as printers take it after `GS k 73`: the code set first (`{B`, `{C`), pairs of digits as
 * one byte in set C. Long runs of digits are set in C, which halves their width.
 */

import { hasRealTimePair } from './real-time-pairs.ts';

export interface Code128Data {
  readonly bytes: number[];
  /** Start, data, check and stop, in modules. */
  readonly modules: number;
}

/** A change to set C and back costs two symbols, so shorter runs of digits stay in B. */
const RUN_WITHIN_MIN = 6;
const RUN_AT_EDGE_MIN = 4;
const SYMBOL_MODULES = 11;
const STOP_MODULES = 13;
const BRACE = 0x7b;

/** `data` is ASCII from space to tilde. */
export function code128Data(data: string): Code128Data {
  const paired = inSets(data, true);
  // Digits 16 before 04, 05 or 20 would be a command that printers obey wherever it stands.
  return hasRealTimePair(paired.bytes) ? inSets(data, false) : paired;
}

function inSets(data: string, withPairs: boolean): Code128Data {
  const bytes: number[] = [];
  let symbols = 1;
  let set: 'B' | 'C' | undefined;
  const select = (wanted: 'B' | 'C') => {
    if (set === wanted) return;
    bytes.push(BRACE, wanted.charCodeAt(0));
    // The first choice of a set is the start symbol, which is counted already.
    if (set !== undefined) symbols += 1;
    set = wanted;
  };
  for (const run of data.match(/\d+|\D+/g) ?? []) {
    const isEdge = bytes.length === 0 || data.endsWith(run);
    const isLong =
      withPairs && /\d/.test(run) && run.length >= (isEdge ? RUN_AT_EDGE_MIN : RUN_WITHIN_MIN);
    const single = isLong ? run.length % 2 : run.length;
    for (const character of run.slice(0, single)) {
      select('B');
      const byte = character.charCodeAt(0);
      bytes.push(...(byte === BRACE ? [BRACE, BRACE] : [byte]));
      symbols += 1;
    }
    for (let at = single; at < run.length; at += 2) {
      select('C');
      bytes.push(Number(run.slice(at, at + 2)));
      symbols += 1;
    }
  }
  // The check symbol.
  symbols += 1;
  return { bytes, modules: symbols * SYMBOL_MODULES + STOP_MODULES };
}
