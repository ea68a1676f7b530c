/**
 * Printers watch their input for real-time commands (DLE EOT, DLE ENQ, DLE DC4: 10 04, 10 05, 10 14),
 * even within pictures and codes: one of them opens the drawer, one throws the buffer away. So none of
 * the three pairs is ever part of a document's bytes. In pictures a dot is set in the second byte
 * (04 → 0C, 05 → 0D, 14 → 1C), which nobody sees; what must not change is sent in another way.
 */

const DLE = 0x10;
const REAL_TIME: ReadonlySet<number> = new Set([0x04, 0x05, 0x14]);
const EXTRA_DOT = 0x08;

export function hasRealTimePair(data: ArrayLike<number>): boolean {
  for (let at = 0; at + 1 < data.length; at += 1) {
    if (data[at] === DLE && REAL_TIME.has(data[at + 1] ?? 0)) return true;
  }
  return false;
}

/** Sets a dot wherever there is such a pair. */
export function breakRealTimePairs(data: Uint8Array): void {
  for (let at = 0; at + 1 < data.length; at += 1) {
    const next = data[at + 1] ?? 0;
    if (data[at] === DLE && REAL_TIME.has(next)) data[at + 1] = next | EXTRA_DOT;
  }
}
