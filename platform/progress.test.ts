import { PassThrough } from 'node:stream';
import t from 'tap';
import { openProgress } from './progress.ts';

function shown(isTTY: boolean, silent: boolean, work: number[]): string {
  const stream = Object.assign(new PassThrough(), { isTTY });
  const progress = openProgress({ label: 'entries', total: 100, stream, silent });
  for (const done of work) progress.update(done);
  progress.stop();
  const content: unknown = stream.read();
  return Buffer.isBuffer(content) ? content.toString() : '';
}

void t.test('without a terminal a line at each tenth, however often it is told', (t) => {
  const every = Array.from({ length: 100 }, (_, at) => at + 1);
  const lines = shown(false, false, every).trimEnd().split('\n');
  t.equal(lines.length, 10);
  t.equal(lines[0], 'entries: 10/100');
  t.equal(lines.at(-1), 'entries: 100/100');
  t.strictSame(shown(false, false, [35, 36]), 'entries: 35/100\nentries: 36/100\n');
  t.end();
});

void t.test('a bar on a terminal, nothing when silent', (t) => {
  t.match(shown(true, false, [50, 100]), /entries \[.*100% \| 100\/100/s);
  t.equal(shown(true, true, [50, 100]), '');
  t.equal(shown(false, true, [50, 100]), '');
  t.end();
});
