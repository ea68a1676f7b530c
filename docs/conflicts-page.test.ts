/**
 * Goal: no rule without a page, a decision and a test. Method: the table of the page and the files of
 * protocol/conflicts, each against the table of rules.
 */
import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { CONFLICT_RULES } from '../protocol/conflicts/rules.ts';
import type { ConflictRule } from '../protocol/conflicts/rules.ts';

const page = readFileSync(new URL('./conflicts.md', import.meta.url), 'utf8');
const folder = new URL('../protocol/conflicts/', import.meta.url);
const tests = readFileSync(new URL('conflict-rules.test.ts', folder), 'utf8');
const rules: [string, ConflictRule][] = Object.entries(CONFLICT_RULES);

void t.test('the page has a row for each rule, and no other', (t) => {
  const rows = [...page.matchAll(/^\| `(\w+)` +\| .* \| (gateway|headquarters) +\| (.*) \|$/gm)];
  const told = rows.map(([, name, writer, person = '']) => [
    name,
    writer,
    person.startsWith('has to'),
  ]);
  const known = rules.map(([name, { writtenBy, by }]) => [name, writtenBy, by === 'person']);
  t.strictSame(told, known);
  t.end();
});

void t.test('each rule about what stores did is a file and a test of its own', (t) => {
  for (const [name, { datum }] of rules) {
    // Configuration is decided where it is read, in the folder of its own.
    if (datum === 'config') continue;
    const file = `${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`;
    t.ok(existsSync(new URL(file, folder)), file);
    t.match(readFileSync(new URL(file, folder), 'utf8'), new RegExp(`export function ${name}\\(`));
    t.match(tests, new RegExp(`t\\.test\\('${name}: `), `${name} has its test`);
  }
  t.end();
});
