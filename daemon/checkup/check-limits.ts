/** Whether the gateway may use the memory and the open files that a busy day takes. */
import { ok, warning, type CheckFinding } from './check-finding.ts';

export interface LimitsReading {
  /** The smallest of machine, container and unit. */
  memoryBytes: number;
  /** Null where it is not known, or there is none. */
  openFiles: number | null;
}

/** A start with a million entries takes 195 MiB; a client that floods makes as much garbage. */
const MEMORY_BYTES_MIN = 512 * 1024 * 1024;
/** The broker lets 8,192 connections in; threads, databases and the rest take some hundred. */
const OPEN_FILES_MIN = 9_000;

export function checkLimits({ memoryBytes, openFiles }: LimitsReading): CheckFinding[] {
  const findings: CheckFinding[] = [];
  const memory = `${Math.floor(memoryBytes / 1024 ** 2)} MiB of memory`;
  if (memoryBytes < MEMORY_BYTES_MIN) {
    findings.push(
      warning('limits', 'MEMORY_SHORT', `It may use ${memory}; 512 MiB are the least.`),
    );
  }
  if (openFiles !== null && openFiles < OPEN_FILES_MIN) {
    const message = `It may open ${openFiles} files and connections; ${OPEN_FILES_MIN} are the least for a full broker.`;
    findings.push(warning('limits', 'FILES_EXHAUSTED', message));
  }
  if (findings.length > 0) return findings;
  return [ok('limits', `${memory}, ${openFiles ?? 'any number of'} open files`)];
}

/** The soft limit on open files, out of /proc/PID/limits. */
export function openFilesLimit(limits: string): number | null {
  const found = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return found === undefined ? null : Number(found);
}
