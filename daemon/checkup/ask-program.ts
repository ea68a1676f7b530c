/**
 * Asks a program of the system, in its own time: one that hangs is killed, and where even that does not
 * help (it waits for a disk) it is left behind, so that the command ends all the same.
 */
import { execFile } from 'node:child_process';

export interface ProgramAnswer {
  /** Null for one that could not be started, or was ended. */
  exitCode: number | null;
  stdout: string;
}

/** Undefined for one that gave no answer in time. */
export function askProgram(
  program: string,
  words: readonly string[],
  answerMsMax: number,
): Promise<ProgramAnswer | undefined> {
  return new Promise((resolve) => {
    const child = execFile(program, [...words], { encoding: 'utf8' }, (error, stdout) => {
      clearTimeout(timer);
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ exitCode, stdout });
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.unref();
      resolve(undefined);
    }, answerMsMax);
  });
}
