/** What the gateway and headquarters have of each other. Being apart for weeks is no failure. */
import type { GatewayStatus } from '../control/gateway-status.ts';
import { failed, ok, warning, type CheckFinding } from './check-finding.ts';

export interface HeadquartersReading {
  isEnabled: boolean;
  isEnrolled: boolean;
  /** Undefined where neither the daemon nor the files could tell. */
  status: Pick<GatewayStatus, 'running' | 'uplink' | 'entriesOnlyHere'> | undefined;
  /** When headquarters last signed a head of this log, by its own clock. */
  headMs: number | undefined;
  nowMs: number;
}

const DAY_MS = 86_400_000;

export function checkHeadquarters(read: HeadquartersReading): CheckFinding[] {
  const { isEnabled, isEnrolled, status } = read;
  const onlyHere =
    status === undefined
      ? ''
      : ` Entries that exist on this machine only: ${status.entriesOnlyHere}.`;
  if (!isEnabled) {
    return [ok('headquarters', `switched off in the configuration (uplink.enabled).${onlyHere}`)];
  }
  if (!isEnrolled) {
    return [warning('headquarters', 'HQ_NOT_JOINED', `Not joined.${onlyHere}`)];
  }
  if (status === undefined) return [ok('headquarters', 'joined')];
  const findings = [...stateFindings(status, onlyHere), ...ageFindings(read, onlyHere)];
  if (findings.length > 0) return findings;
  const { running, uplink, entriesOnlyHere } = status;
  const held = entriesOnlyHere === 0 ? 'headquarters holds every entry' : onlyHere.trim();
  return [ok('headquarters', `${running ? uplink.state : 'joined'}; ${held}`)];
}

function stateFindings(
  { running, uplink }: NonNullable<HeadquartersReading['status']>,
  onlyHere: string,
): CheckFinding[] {
  if (!running) return [];
  const { state, problem, refused } = uplink;
  const why = problem === null ? '' : ` (${problem})`;
  const message = `The uplink is ${state}${why}.${onlyHere}`;
  const said = { message, details: { state, problem, refused: { ...refused } } };
  switch (state) {
    case 'forked':
      return [failed('headquarters', 'LOG_FORKED', said)];
    case 'waiting-admission':
      return [warning('headquarters', 'LOG_ADMISSION_INVALID', said)];
    case 'connecting':
    case 'off':
      return [warning('headquarters', 'HQ_UNREACHABLE', said)];
    case 'resting':
      return [warning('headquarters', 'HQ_NO_ANSWER', said)];
    case 'probing':
    case 'streaming':
    case 'idle':
      return [];
  }
}

function ageFindings(
  { status, headMs, nowMs }: HeadquartersReading,
  onlyHere: string,
): CheckFinding[] {
  if (status === undefined || status.entriesOnlyHere === 0) return [];
  if (headMs === undefined || nowMs - headMs < DAY_MS) return [];
  const days = Math.floor((nowMs - headMs) / DAY_MS);
  const at = new Date(headMs).toISOString();
  const message = `Headquarters signed last at ${at}, ${days} days ago.${onlyHere}`;
  return [warning('headquarters', 'HQ_BEHIND', message)];
}
