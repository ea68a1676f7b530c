/** Where what HQ sends back of a log stands, the same for every store. */
import { assert } from '../../protocol/must.ts';
import type { LedgerView, ReturnedInfo } from './ledger-port.ts';

type Places = Pick<LedgerView, 'epochs' | 'returned' | 'epochByOrigin'>;

/** Epochs, and what was returned beside them, share their numbers. */
export function nextEpochNumber(view: Places): number {
  const numbers = [...view.epochs(), ...view.returned()].map(({ epoch }) => epoch);
  return Math.max(0, ...numbers) + 1;
}

/** In the epoch itself where `base` is its end, else beside it. */
export function placeReturned(view: Places, origin: string, base: number): ReturnedInfo {
  assert(!view.returned().some((known) => known.origin === origin), 'an origin has one such place');
  const own = view.epochByOrigin(origin);
  assert(base <= (own?.size ?? 0), 'what is returned follows entries that are here');
  assert(own === undefined || own.epoch !== view.epochs().at(-1)?.epoch, 'the epoch was left');
  const epoch = own?.size === base ? own.epoch : nextEpochNumber(view);
  return { epoch, origin, of: own?.epoch ?? null, base, size: base };
}
