/**
 * The time of entries: one reading of the clocks for all that is committed together, and hybrid
 * clock readings that never go back, not over a restart either (the last entry says where to go on).
 */
import type { Clock } from '../../protocol/clock.ts';
import { canonicalJson } from '../../protocol/json/canonical.ts';
import { formatHlc, hlcTick, parseHlc, type Hlc, HLC_ZERO } from '../../protocol/log/hlc.ts';
import { BLOB_SALT_BYTES } from '../../protocol/log/entry.ts';
import type { EntryContext } from './entry-draft.ts';

export interface EntryClockOptions {
  readonly clock: Clock;
  /** Names this start of the machine or process: monotonic readings compare within it only. */
  readonly bootId: string;
  /** What the wall clock follows: `system`, `ntp`, … */
  readonly source: string;
  readonly randomBytes: (count: number) => Uint8Array;
  /** The hybrid reading of the last entry there is. */
  readonly lastHlc?: string | undefined;
}

/** The years an RFC 3339 time can be written in. */
const WALL_MAX_MS = Date.UTC(9999, 11, 31);

export class EntryClockwork {
  readonly #options: EntryClockOptions;
  #hlc: Hlc;

  constructor(options: EntryClockOptions) {
    this.#options = options;
    this.#hlc = options.lastHlc === undefined ? HLC_ZERO : parseHlc(options.lastHlc);
  }

  /** The surroundings of all entries of one commit. */
  read(): EntryContext {
    const { clock: system, bootId, source, randomBytes } = this.#options;
    const wall = Math.min(Math.max(0, Math.floor(system.wallMs())), WALL_MAX_MS);
    const monotonicMs = Math.max(0, Math.floor(system.monotonicMs()));
    const clock = { bootId, monotonicMs, source, wall };
    return {
      clock,
      recordedAt: new Date(wall).toISOString(),
      clockText: canonicalJson(clock),
      nextHlc: () => {
        this.#hlc = hlcTick(this.#hlc, wall);
        return formatHlc(this.#hlc);
      },
      salt: () => randomBytes(BLOB_SALT_BYTES),
    };
  }
}
