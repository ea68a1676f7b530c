/**
 * Sizes. The hard limits hold everywhere. The wanted limits hold for all but the names in a ratchet
 * list, and what stands there may only shrink: a listed size above the real one is a finding too.
 */
import { isTest } from './import-rules.ts';
import type { Finding, SourceFile } from './source-file.ts';

export const LIMITS = {
  fileLinesMax: 400,
  fileLinesWanted: 250,
  functionLinesMax: 70,
  functionLinesWanted: 40,
  parametersMax: 3,
} as const;

/** Path (or `path#function`) → lines at the time it was listed. */
export type Ratchet = Readonly<Record<string, number>>;

export function checkBudgets(files: readonly SourceFile[], ratchet: Ratchet): Finding[] {
  const wanted = measure(files);
  return [
    ...files.flatMap(checkHardLimits),
    ...Object.entries(wanted).flatMap(([name, lines]) => checkListed(name, lines, ratchet[name])),
    ...Object.keys(ratchet)
      .filter((name) => wanted[name] === undefined)
      .map((name) => ({ path: name, message: 'is within the wanted size: take it off the list' })),
  ];
}

/** Everything above the wanted sizes, as the ratchet list would hold it. Tests may be long. */
export function measure(files: readonly SourceFile[]): Record<string, number> {
  const over: Record<string, number> = {};
  for (const file of files) {
    if (isTest(file.path)) continue;
    if (file.lines > LIMITS.fileLinesWanted) over[file.path] = file.lines;
    for (const { name, lines } of file.functions) {
      if (lines <= LIMITS.functionLinesWanted) continue;
      const key = `${file.path}#${name}`;
      over[key] = Math.max(over[key] ?? 0, lines);
    }
  }
  return over;
}

function checkListed(name: string, lines: number, listed: number | undefined): Finding[] {
  if (listed === undefined) {
    return [{ path: name, message: `has ${lines} lines, more than wanted: split it` }];
  }
  if (lines > listed) {
    return [{ path: name, message: `grew from ${listed} to ${lines} lines: split it` }];
  }
  if (lines < listed) {
    return [{ path: name, message: `shrank from ${listed} to ${lines} lines: lower its number` }];
  }
  return [];
}

function checkHardLimits(file: SourceFile): Finding[] {
  const { path } = file;
  const findings: Finding[] = [];
  if (file.lines > LIMITS.fileLinesMax) {
    findings.push({ path, message: `${file.lines} lines, at most ${LIMITS.fileLinesMax}` });
  }
  for (const { name, line, lines, parameters } of file.functions) {
    if (lines > LIMITS.functionLinesMax) {
      const message = `${name} has ${lines} lines, at most ${LIMITS.functionLinesMax}`;
      findings.push({ path, line, message });
    }
    if (parameters > LIMITS.parametersMax) {
      const message = `${name} takes ${parameters} parameters: take an options object`;
      findings.push({ path, line, message });
    }
  }
  return findings;
}
