/** Each tidy check, tried on a small bad snippet: a check that cannot fail protects nothing. */
import t from 'tap';
import { checkBans, checkNames } from './banned.ts';
import { LIMITS, checkBudgets, measure } from './budgets.ts';
import { checkCodesUsed, checkDependencies } from './catalogue.ts';
import { checkCycles, checkDeadFiles, checkDirections } from './import-rules.ts';
import { checkLinks, checkTitles } from './markdown.ts';
import { readSource } from './source-file.ts';

const none = () => false;

void t.test('a source is read with its imports, functions, code and comments', (t) => {
  const text = [
    "import { a } from './a.ts'; // why",
    "import type { B } from './b.ts';",
    "const c = await import('./c.ts');",
    "const d = workerUrl(import.meta.url, './d');",
    'function long(one: B) {',
    "  return `x ${a('}')} Date.now() ${c}`;",
    '}',
    '',
  ].join('\n');
  const source = readSource('daemon/x.ts', text);
  t.same(
    source.imports.map(({ target, kind }) => `${kind} ${target}`),
    ['value ./a.ts', 'type ./b.ts', 'value ./c.ts', 'worker ./d'],
  );
  t.same(source.functions, [{ name: 'long', line: 5, lines: 3, parameters: 1 }]);
  t.equal(source.lines, 7);
  t.notMatch(source.code, 'why');
  t.notMatch(source.code, 'Date.now');
  t.match(source.comments, 'why');
  t.equal(source.code.split('\n').length, text.split('\n').length);
  t.end();
});

void t.test('a wrong direction is found, of types too', (t) => {
  const wrong = [
    readSource('daemon/a.ts', "import { x } from '../hq/b.ts';"),
    readSource('protocol/a.ts', "import type { X } from '../config/b.ts';"),
    readSource('protocol/b.ts', "import { readFileSync } from 'node:fs';"),
    readSource('cli/a.ts', "import { x } from '../daemon/ledger/b.ts';"),
    readSource('elsewhere/a.ts', 'export {};'),
  ];
  t.equal(checkDirections(wrong).length, 5);
  const right = [
    readSource('daemon/a.ts', "import { x } from '../protocol/b.ts';"),
    readSource('protocol/a.test.ts', "import { readFileSync } from 'node:fs';"),
    readSource('protocol/b.ts', "import { createHash } from 'node:crypto';"),
    readSource('cli/a.ts', "import { x } from '../daemon/control/b.ts';"),
    readSource('test/a.ts', "import { x } from '../hq/b.ts';"),
  ];
  t.same(checkDirections(right), []);
  t.end();
});

void t.test(
  'categories of drivers see the contract and neither each other nor what carries them',
  (t) => {
    const wrong = [
      readSource('drivers/scale/a.ts', "import { b } from '../scanner/b.ts';"),
      readSource('drivers/scale/a.ts', "import type { B } from '../scanner/b.ts';"),
      readSource('drivers/scale/a.ts', "import { b } from '../transport/address.ts';"),
      readSource('drivers/scale/a.ts', "import { b } from '../simulation/host-simulator.ts';"),
      readSource('drivers/scale/deep/a.ts', "import { b } from '../../scanner/b.ts';"),
      readSource('drivers/scale/a.test.ts', "import { b } from '../scanner/b.ts';"),
    ];
    for (const file of wrong) t.equal(checkDirections([file]).length, 1, file.text);
    const right = [
      readSource('drivers/scale/a.ts', "import { b } from '../driver.ts';"),
      readSource('drivers/scale/a.ts', "import { b } from './sics/b.ts';"),
      readSource('drivers/scale/a.ts', "import type { B } from '../transport/transport.ts';"),
      readSource('drivers/scale/a.ts', "import { b } from '../../protocol/errors.ts';"),
      readSource('drivers/scale/a.test.ts', "import { b } from '../simulation/simulator-link.ts';"),
      readSource('drivers/registry.ts', "import { b } from './scale/b.ts';"),
      readSource('drivers/discovery/a.ts', "import { b } from '../transport/address.ts';"),
    ];
    t.same(checkDirections(right), []);
    t.end();
  },
);

void t.test('a circle of imports is found, unless only types close it', (t) => {
  const a = readSource('hq/a.ts', "import { b } from './b.ts';");
  const b = readSource('hq/b.ts', "import { c } from './c.ts';");
  t.same(checkCycles([a, b, readSource('hq/c.ts', "import type { A } from './a.ts';")]), []);
  const found = checkCycles([a, b, readSource('hq/c.ts', "import { a } from './a.ts';")]);
  t.equal(found.length, 1);
  t.match(found[0]?.message, /circle/);
  t.equal(checkCycles([readSource('hq/a.ts', "import './a.ts';")]).length, 1);
  t.end();
});

void t.test('a file that only its own test imports is dead', (t) => {
  const dead = readSource('hq/a.ts', '');
  const test = readSource('hq/a.test.ts', "import './a.ts';");
  const isEntryPoint = (path: string) => path.endsWith('.test.ts');
  t.equal(checkDeadFiles([dead, test], isEntryPoint).length, 1);
  const user = readSource('hq/main.test.ts', "workerUrl(import.meta.url, './a')");
  t.same(checkDeadFiles([dead, test, user], isEntryPoint), []);
  t.end();
});

void t.test('sizes: the hard limits hold always, the wanted ones by the ratchet', (t) => {
  const lines = (count: number) => 'x;\n'.repeat(count);
  const big = readSource('hq/a.ts', lines(LIMITS.fileLinesMax + 1));
  t.match(checkBudgets([big], { 'hq/a.ts': LIMITS.fileLinesMax + 1 })[0]?.message, /at most/);
  const above = readSource('hq/a.ts', lines(LIMITS.fileLinesWanted + 1));
  t.match(checkBudgets([above], {})[0]?.message, /more than wanted/);
  t.same(checkBudgets([above], measure([above])), []);
  t.match(checkBudgets([above], { 'hq/a.ts': 251 - 1 })[0]?.message, /grew/);
  t.match(checkBudgets([above], { 'hq/a.ts': 260 })[0]?.message, /shrank/);
  t.match(checkBudgets([], { 'hq/a.ts': 260 })[0]?.message, /off the list/);
  const body = lines(LIMITS.functionLinesMax);
  const long = readSource('hq/a.ts', `function f(a, b, c, d) {\n${body}}\n`);
  t.equal(checkBudgets([long], measure([long])).length, 2);
  t.end();
});

void t.test('banned words are found where they are banned, and only there', (t) => {
  const found = (path: string, text: string) => checkBans([readSource(path, text)]).length;
  t.equal(found('daemon/a.ts', 'const x = Date.now();'), 1);
  t.equal(found('platform/system-clock.ts', 'const x = Date.now();'), 0);
  t.equal(found('daemon/a.ts', '// Date.now() is not for us\nconst x = "Date.now()";'), 0);
  t.equal(found('daemon/a.ts', 'const x = new Date();'), 1);
  t.equal(found('daemon/a.ts', 'const x = new Date(wallMs);'), 0);
  t.equal(found('hq/a.ts', 'throw new Error("x")'), 1);
  t.equal(found('hq/a.ts', 'const x = process.env;'), 1);
  t.equal(found('hq/main.ts', 'const x = process.env;'), 0);
  t.equal(found('hq/a.ts', 'console.log(1)'), 1);
  t.equal(found('cli/a.ts', 'console.log(1)'), 0);
  t.equal(found('protocol/a.ts', 'setTimeout(f, 1)'), 1);
  t.equal(found('hq/a.test.ts', 'const x = y as any;'), 1);
  t.equal(found('hq/a.ts', 'try { f() } catch {}'), 1);
  t.equal(found('hq/a.ts', '// TODO: later'), 1);
  t.equal(found('hq/a.ts', '// @ts-expect-error'), 1);
  t.equal(found('hq/a.ts', '// eslint-disable-next-line no-console'), 1);
  t.equal(found('hq/a.ts', '// eslint-disable-next-line no-console -- a shell'), 0);
  t.equal(found('hq/a.ts', "const x = '/home/me/data';"), 1);
  t.end();
});

void t.test('vague and wrongly written names are found', (t) => {
  t.equal(checkNames(['hq/utils.ts', 'hq/index.ts', 'hq/RunningState.ts']).length, 3);
  t.same(checkNames(['hq/running-state.ts', 'hq/a.pg.test.ts', 'README.md']), []);
  t.end();
});

void t.test('a code that only its table names is found', (t) => {
  const files = [
    readSource('protocol/error-codes.ts', 'const t = { A_B: 1, C_D: 2, E_F: 3 };'),
    readSource('hq/a.ts', "throw new TillgateError('A_B');"),
    readSource('hq/b.ts', 'const hints = { E_F: 1 };'),
    readSource('hq/a.test.ts', "t.throws('C_D');"),
  ];
  t.match(checkCodesUsed(['A_B', 'C_D', 'E_F'], files), [{ message: 'C_D is used nowhere' }]);
  t.end();
});

void t.test('dependencies without reason, without use or without declaration are found', (t) => {
  const files = [
    readSource('hq/a.ts', "import x from 'used/deep';\nimport y from '@scope/foreign/z';"),
  ];
  const dependencies = { runtime: ['used', 'unused'], development: ['tool'] };
  const page = '`used` and `unused`';
  t.same(
    checkDependencies(dependencies, page, files).map((finding) => finding.message),
    [
      'does not say why tool',
      'unused is imported nowhere',
      '@scope/foreign is imported but not among the dependencies',
    ],
  );
  t.end();
});

void t.test('pages with two titles and links that lead nowhere are found', (t) => {
  const page = (text: string) => [{ path: 'docs/a.md', text }];
  t.same(checkTitles(page('# One\n\n```sh\n# no title\n```\n\n## Sub\n')), []);
  t.equal(checkTitles(page('# One\n\n# Two\n')).length, 1);
  t.equal(checkTitles(page('text\n')).length, 1);
  t.equal(checkLinks(page('# A\n[x](b.md)'), none).length, 1);
  t.same(
    checkLinks(page('# A\n[x](../b.md) [y](https://example.com) `[z](c.md)`'), (path) => {
      return path === 'b.md';
    }),
    [],
  );
  t.same(
    checkLinks(page('# A b, c\n[x](#a-b-c)'), () => true),
    [],
  );
  t.equal(checkLinks(page('# A\n[x](#b)'), () => true).length, 1);
  t.end();
});
