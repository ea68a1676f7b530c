/** Runs `tillgate` to its end as a process of its own, from the compiled files where they are fresh. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../bin/tillgate.js', import.meta.url));

export interface TillgateRun {
  status: number | null;
  stdout: string;
  stderr: string;
  /** What stands on stdout, when that is one JSON document. */
  json: unknown;
}

export function runTillgate(words: readonly string[], input = ''): TillgateRun {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words], {
    encoding: 'utf8',
    input,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout, stderr, json: jsonOf(stdout) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not every command answers with JSON; a test that expects it sees undefined.
    return undefined;
  }
}
