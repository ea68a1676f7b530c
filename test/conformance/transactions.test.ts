/** The transaction vectors hold for a reader that shares no code with the product. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { needTool } from '../support/need-tool.ts';

const script = fileURLToPath(new URL('./transactions_check.py', import.meta.url));
const vectors = fileURLToPath(new URL('../../protocol/vectors/transactions.json', import.meta.url));

void t.test('Python computes the same content hashes and finds the same sums wrong', (t) => {
  if (!needTool(t, 'python3')) return;
  const output = execFileSync('python3', [script, vectors], { encoding: 'utf8' });
  const { hashes, sums } = JSON.parse(output) as { hashes: number; sums: number };
  t.ok(hashes >= 80, `${hashes} hashes`);
  t.ok(sums >= 55, `${sums} transactions with sums`);
  t.end();
});
