/** What headquarters' feeds lack here: documents in quarantine, and how old they are. */
import type { FeedsStatus } from '../feeds/feed-status.ts';
import { ok, warning, type CheckFinding } from './check-finding.ts';

export interface FeedsReading {
  /** Undefined while the gateway is down. */
  status: FeedsStatus | undefined;
  nowMs: number;
}

const DAY_MS = 86_400_000;
const SHOWN_MAX = 3;

export function checkFeeds({ status, nowMs }: FeedsReading): CheckFinding[] {
  if (status === undefined) return [ok('feeds', 'told by the running gateway alone')];
  const findings: CheckFinding[] = [];
  if (status.problem !== null) findings.push(warning('feeds', 'FEED_REFUSED', status.problem));
  for (const { origin, quarantined, newestQuarantined, confirmedAt } of status.feeds) {
    if (quarantined > 0) {
      const shown = newestQuarantined
        .slice(0, SHOWN_MAX)
        .map(({ index, line, code }) => `entry ${index} line ${line}: ${code}`);
      const message = `${quarantined} lines of ${origin} are in quarantine (${shown.join('; ')}).`;
      findings.push(warning('feeds', 'FEED_QUARANTINED', message));
    }
    const ageMs = confirmedAt === null ? 0 : nowMs - Date.parse(confirmedAt);
    if (ageMs > DAY_MS) {
      const message = `${origin} was confirmed last at ${confirmedAt ?? ''}.`;
      findings.push(warning('feeds', 'FEED_STALE', message));
    }
  }
  if (findings.length > 0) return findings;
  const { feeds } = status;
  if (feeds.length === 0) return [ok('feeds', 'none is here')];
  return [ok('feeds', `${feeds.length} in force, nothing in quarantine`)];
}
