/** Drives load-generator.ts as a child process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadOrder, LoadReport } from './load-generator.ts';

/** `onStart` runs when all tills are connected, right before the first sale. */
export async function runLoad(order: LoadOrder, onStart?: () => void): Promise<LoadReport> {
  const path = fileURLToPath(new URL('./load-generator.ts', import.meta.url));
  const child = fork(path, { stdio: 'inherit' });
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the load generator ended with ${code}`)));
  });
  child.send(order);
  await Promise.race([once(child, 'message'), ended]);
  onStart?.();
  child.send('go');
  const [report] = (await Promise.race([once(child, 'message'), ended])) as [LoadReport];
  child.removeAllListeners('exit');
  return report;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
