/**
 * Hybrid logical clock: the string `<wall ms, 15 digits>-<counter, 5 digits>`. It never goes back,
 * whatever the wall clock does, stays close to it while that is sane, and sorts as text. It orders;
 * it cannot say that two events were concurrent.
 */
import { TillgateError } from '../errors.ts';

export interface Hlc {
  readonly wallMs: number;
  readonly counter: number;
}

export const HLC_ZERO: Hlc = { wallMs: 0, counter: 0 };

/**
 * A reading from elsewhere that is further ahead than this came of a wrong clock: machines that ask a
 * time server are within a second of each other, and those that never did drift by minutes.
 */
export const HLC_AHEAD_MS_MAX = 5 * 60_000;

const WALL_MAX_MS = 999_999_999_999_999;
const COUNTER_MAX = 99_999;
const FORM = /^([0-9]{15})-([0-9]{5})$/;

/** The reading for a local event that follows `previous`. */
export function hlcTick(previous: Hlc, wallMs: number): Hlc {
  const wall = Math.min(Math.max(0, Math.floor(wallMs)), WALL_MAX_MS);
  return wall > previous.wallMs ? { wallMs: wall, counter: 0 } : increment(previous);
}

export function formatHlc(hlc: Hlc): string {
  return `${String(hlc.wallMs).padStart(15, '0')}-${String(hlc.counter).padStart(5, '0')}`;
}

/** Throws `LOG_ENTRY_INVALID` when `text` is not of the form. */
export function parseHlc(text: string): Hlc {
  const match = FORM.exec(text);
  if (match === null) {
    throw new TillgateError(
      'LOG_ENTRY_INVALID',
      `Not a hybrid clock reading: "${text.slice(0, 40)}"`,
    );
  }
  return { wallMs: Number(match[1]), counter: Number(match[2]) };
}

function increment(hlc: Hlc): Hlc {
  // A full counter borrows from the wall part: still later, still sortable.
  return hlc.counter < COUNTER_MAX
    ? { wallMs: hlc.wallMs, counter: hlc.counter + 1 }
    : { wallMs: hlc.wallMs + 1, counter: 0 };
}
