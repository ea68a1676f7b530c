/** Headquarters hands nothing out in its first seconds; a test says in how many. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function settleRights(hqHome: string, seconds: number): void {
  const file = join(hqHome, 'hq.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/settleSeconds: \d+/, `settleSeconds: ${seconds}`));
}
