/**
 * Whether the gateway does its work, as a pure function of what was measured. The uplink is told but
 * never counts: a store without headquarters is healthy.
 */
export interface HealthReadings {
  /** Submissions that wait for the ledger or are under way in it. */
  pendingItems: number;
  /** Commits since the start; any number that grows with each. */
  commits: number;
  diskFull: boolean;
  diskFreeBytes: number;
  /** The longest that the event loop was held up since the last look. */
  eventLoopLagMs: number;
  uplinkState: string;
}

export interface HealthCheck {
  ok: boolean;
  detail: string;
}

export interface Health {
  ok: boolean;
  checks: { ledger: HealthCheck; eventLoop: HealthCheck; disk: HealthCheck; uplink: HealthCheck };
}

/** A till gives up after a few seconds; a loop held up for one is about to be noticed. */
const EVENT_LOOP_LAG_MS_MAX = 1_000;
/** Room for a day of a busy store (some 5 MB) with a wide margin for everything else. */
const DISK_FREE_BYTES_MIN = 128 * 1024 * 1024;

/** `before` is the look before this one; undefined at the first. */
export function judgeHealth(now: HealthReadings, before: HealthReadings | undefined): Health {
  const checks = {
    ledger: ledgerCheck(now, before),
    eventLoop: {
      ok: now.eventLoopLagMs < EVENT_LOOP_LAG_MS_MAX,
      detail: `held up for at most ${Math.round(now.eventLoopLagMs)} ms`,
    },
    disk: {
      ok: !now.diskFull && now.diskFreeBytes >= DISK_FREE_BYTES_MIN,
      detail: `${Math.floor(now.diskFreeBytes / 1024 ** 2)} MiB free`,
    },
    uplink: { ok: true, detail: now.uplinkState },
  };
  return { ok: checks.ledger.ok && checks.eventLoop.ok && checks.disk.ok, checks };
}

/** Work that waited at both looks with no commit in between is stuck. */
function ledgerCheck(now: HealthReadings, before: HealthReadings | undefined): HealthCheck {
  if (now.diskFull) return { ok: false, detail: 'the disk is full; submissions are put off' };
  const waited = before !== undefined && before.pendingItems > 0 && now.pendingItems > 0;
  if (waited && now.commits === before.commits) {
    return { ok: false, detail: `${now.pendingItems} submissions wait and nothing is committed` };
  }
  return { ok: true, detail: `${now.pendingItems} submissions under way` };
}
