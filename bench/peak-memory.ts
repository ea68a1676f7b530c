/**
 * Loaded into a process before its program (`node --import`): tells, when the process ends, how much
 * memory it held at its peak (VmHWM, proc(5)) and how long it computed, all threads together.
 */
import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('exit', () => {
    const status = readFileSync('/proc/self/status', 'utf8');
    const { user, system } = process.cpuUsage();
    process.stderr.write(`peakKib=${/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? ''}\n`);
    process.stderr.write(`cpuMicroseconds=${user + system}\n`);
  });
}
