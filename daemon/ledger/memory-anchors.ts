/** Anchors in memory, in order of writing; the look-ups are those of sqlite-anchors.ts. */
import type { Anchor, AnchorReads } from './ledger-port.ts';

export function memoryAnchors(anchors: readonly Anchor[]): AnchorReads {
  const of = (epoch: number): Anchor[] => anchors.filter(({ ref }) => ref.epoch === epoch);
  return {
    below: ({ epoch, index }) => of(epoch).findLast(({ ref }) => ref.index < index),
    over: ({ epoch, index }) => of(epoch).find(({ size }) => size > index),
    count: ({ epoch, index }, end) =>
      of(epoch).filter(({ ref }) => ref.index >= index && ref.index < end).length,
  };
}
