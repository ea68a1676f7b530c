import { readFileSync } from 'node:fs';
import t from 'tap';
import { ERROR_CODES } from '../protocol/error-codes.ts';
import { renderErrorsPage } from './errors-page.ts';

void t.test('docs/errors.md is what the table of codes generates', (t) => {
  const page = readFileSync(new URL('errors.md', import.meta.url), 'utf8');
  t.equal(page, renderErrorsPage(ERROR_CODES), 'run `npm run docs` and commit the result');
  t.end();
});

void t.test('every code says what it means and what to do, in sentences', (t) => {
  for (const [code, entry] of Object.entries(ERROR_CODES)) {
    t.match(code, /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/, `${code} is written in capitals`);
    t.match(entry.means, /^\S.*\.$/s, `${code} says what it means`);
    t.match(entry.fix, /^\S.*\.$/s, `${code} says what to do`);
  }
  t.end();
});

void t.test('a page has one section a code, sorted', (t) => {
  const page = renderErrorsPage({
    B_CODE: { means: 'Second.', fix: 'Do b.' },
    A_CODE: { means: 'First.', fix: 'Do a.' },
  });
  t.same(page.match(/^## .*$/gm), ['## A_CODE', '## B_CODE']);
  t.match(page, '**How to solve:** Do a.');
  t.end();
});
