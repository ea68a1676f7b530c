/**
 * Processes, mounts, loop devices and file servers outlive the process that made them, so each is
 * written down here with how to undo it, and whatever is left is undone when the process ends,
 * however it ends (but by SIGKILL). Undoing runs in reverse order and goes on after a failure.
 */
import { execFileSync } from 'node:child_process';

type Undo = () => void;

const pending: Undo[] = [];
let isWatching = false;

/** `undo` runs at the latest when this process ends; call the result to run it now. */
export function leftover(undo: Undo): Undo {
  watch();
  pending.push(undo);
  return () => {
    const at = pending.indexOf(undo);
    if (at < 0) return;
    pending.splice(at, 1);
    undo();
  };
}

/** Runs a program that has to succeed and gives what it printed. */
export function run(program: string, ...words: string[]): string {
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  return execFileSync(program, words, { encoding: 'utf8', stdio: 'pipe', env }).trim();
}

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  process.on('exit', undoAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => process.exit(130));
  }
}

function undoAll(): void {
  for (let undo = pending.pop(); undo !== undefined; undo = pending.pop()) {
    try {
      undo();
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
    }
  }
}
