/**
 * Which programs hold a device file open, as far as /proc shows it to this user: its own processes
 * always, those of others only to root. Not knowing is a normal answer.
 */
import { readFile, readdir, readlink, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';

export interface PortHolder {
  readonly pid: number;
  /** As it was started, without folders: `ModemManager`, `node tillgate.js`. */
  readonly program: string;
}

/** A box has some hundred processes; a machine with more is not searched to the end. */
const PROCESSES_MAX = 5_000;

/** Every holder of `path`, this process included; `path` may be a symbolic link. */
export async function portHolders(path: string, procRoot = '/proc'): Promise<PortHolder[]> {
  const target = await realpath(path).catch(() => path);
  const names = await readdir(procRoot).catch((): string[] => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).slice(0, PROCESSES_MAX);
  const holders: PortHolder[] = [];
  for (const pid of pids) {
    const folder = join(procRoot, pid);
    if (!(await holds(join(folder, 'fd'), target))) continue;
    holders.push({ pid: Number(pid), program: await programOf(folder) });
  }
  return holders;
}

/** `ModemManager (process 812)`, or words for what could not be seen. */
export function nameHolders(holders: readonly PortHolder[]): string {
  if (holders.length === 0) return 'another program, which this user may not see';
  return holders
    .map(({ pid, program }) =>
      pid === process.pid ? 'this gateway itself' : `${program} (process ${pid})`,
    )
    .join(', ');
}

/** An interpreter is named with its program. */
async function programOf(folder: string): Promise<string> {
  const words = (await readFile(join(folder, 'cmdline'), 'utf8').catch(() => '')).split('\0');
  const [first = '', second = ''] = words.map((word) => basename(word));
  if (/^(node|python|sh|bash)/.test(first)) return `${first} ${second}`.trim();
  if (first !== '') return first;
  return (await readFile(join(folder, 'comm'), 'utf8').catch(() => 'a program')).trim();
}

async function holds(fdFolder: string, target: string): Promise<boolean> {
  // Processes end while they are looked at, and those of other users are closed to us.
  const descriptors = await readdir(fdFolder).catch((): string[] => []);
  for (const descriptor of descriptors) {
    const open = await readlink(join(fdFolder, descriptor)).catch(() => '');
    if (open === target) return true;
  }
  return false;
}
