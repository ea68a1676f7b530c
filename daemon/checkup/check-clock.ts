/** Whether the clock is kept right, and what the log and headquarters say to what it shows. */
import { ok, warning, type CheckFinding } from './check-finding.ts';

export interface ClockReading {
  nowMs: number;
  /** Undefined where this machine does not tell. */
  isSynchronised: boolean | undefined;
  /** What the newest entry says of its own time. */
  newestEntryMs: number | undefined;
  /** By headquarters' clock, when it last signed a head of this log. */
  headquartersMs: number | undefined;
  /** The newest entry about that: this machine's time of it, and headquarters'. */
  anchor: { recordedAtMs: number; headquartersMs: number } | undefined;
}

/** A message between the two takes seconds; a clock that is off by more is off. */
const OFF_MS_MAX = 5 * 60_000;

export function checkClock(read: ClockReading): CheckFinding[] {
  const { nowMs, isSynchronised, newestEntryMs, headquartersMs, anchor } = read;
  const findings: CheckFinding[] = [];
  const behind = Math.max(newestEntryMs ?? -Infinity, headquartersMs ?? -Infinity) - nowMs;
  const off = anchor === undefined ? 0 : anchor.recordedAtMs - anchor.headquartersMs;
  if (behind > OFF_MS_MAX) {
    const who =
      (headquartersMs ?? -Infinity) > (newestEntryMs ?? -Infinity)
        ? 'the time that headquarters last told'
        : 'its own newest entry';
    const message = `It is ${timeText(nowMs)} here, ${durationText(behind)} before ${who}.`;
    findings.push(warning('clock', 'CLOCK_WRONG', message));
  } else if (Math.abs(off) > OFF_MS_MAX) {
    const side = off > 0 ? 'ahead of' : 'behind';
    const at = timeText(anchor?.headquartersMs ?? 0);
    const message = `When headquarters was last heard (its time ${at}) this clock was ${durationText(Math.abs(off))} ${side} it.`;
    findings.push(warning('clock', 'CLOCK_WRONG', message));
  }
  if (isSynchronised === false) {
    findings.push(
      warning('clock', 'CLOCK_UNSYNCHRONISED', `It is ${timeText(nowMs)}, and not synchronised.`),
    );
  }
  if (findings.length > 0) return findings;
  const kept =
    isSynchronised === true ? ', synchronised' : ', this machine does not tell who keeps it';
  return [ok('clock', `${timeText(nowMs)}${kept}`)];
}

const timeText = (ms: number): string => new Date(ms).toISOString();

const UNITS = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
] as const;

/** In the largest unit of which there are at least two. */
function durationText(ms: number): string {
  const [name, unit] = UNITS.find(([, unitMs]) => ms >= 2 * unitMs) ?? UNITS[2];
  return `${Math.round(ms / unit)} ${name}`;
}
