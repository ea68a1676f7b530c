/**
 * The house rules that a machine can hold: see CONTRIBUTING.md. Each check is a pure function over
 * parsed files under test/tidy/; tidy-checks.test.ts there shows that each of them can fail.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { ERROR_CODES } from '../protocol/error-codes.ts';
import { checkBans, checkNames } from './tidy/banned.ts';
import { checkBudgets } from './tidy/budgets.ts';
import type { Ratchet } from './tidy/budgets.ts';
import { checkCodesUsed, checkDependencies } from './tidy/catalogue.ts';
import { checkCycles, checkDeadFiles, checkDirections } from './tidy/import-rules.ts';
import { checkLinks, checkTitles } from './tidy/markdown.ts';
import { ROOT, projectPaths, projectSources, projectText } from './tidy/project.ts';
import { formatFinding } from './tidy/source-file.ts';
import type { Finding } from './tidy/source-file.ts';

const paths = projectPaths();
const sources = projectSources();
const pages = paths
  .filter((path) => path.endsWith('.md'))
  .map((path) => ({ path, text: projectText(path) }));

const loadedByTap = projectText('.taprc');

/** What starts by itself: tests, programs, benchmarks, generators, what tap loads before a test. */
function isEntryPoint(path: string): boolean {
  return (
    /\.(test|bench)\.ts$/.test(path) ||
    /(^|\/)main\.ts$/.test(path) ||
    /(^|\/)(generate|write)-[^/]*\.ts$/.test(path) ||
    path.startsWith('bench/') ||
    path.startsWith('cli/commands/') ||
    loadedByTap.includes(`./${path}`)
  );
}

function expectNone(t: Test, findings: readonly Finding[]): void {
  t.strictSame(findings.map(formatFinding), []);
  t.end();
}

void t.test('imports go one way between the folders', (t) => {
  expectNone(t, checkDirections(sources));
});

void t.test('no imports run in a circle', (t) => expectNone(t, checkCycles(sources)));

void t.test('nothing lies about unused', (t) => {
  expectNone(t, checkDeadFiles(sources, isEntryPoint));
});

void t.test('files and functions keep to their sizes', (t) => {
  const ratchet = JSON.parse(projectText('test/tidy/ratchet.json')) as Ratchet;
  expectNone(t, checkBudgets(sources, ratchet));
});

void t.test('no banned word stands in the code', (t) => expectNone(t, checkBans(sources)));

void t.test('files are named after their concept', (t) => expectNone(t, checkNames(paths)));

void t.test('every error code is used', (t) => {
  expectNone(t, checkCodesUsed(Object.keys(ERROR_CODES), sources));
});

void t.test('every dependency has its reason and its use', (t) => {
  const manifest = JSON.parse(projectText('package.json')) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const dependencies = {
    runtime: Object.keys(manifest.dependencies),
    development: Object.keys(manifest.devDependencies),
  };
  expectNone(t, checkDependencies(dependencies, projectText('docs/dependencies.md'), sources));
});

void t.test('every page has one title', (t) => expectNone(t, checkTitles(pages)));

void t.test('every link between pages leads somewhere', (t) => {
  expectNone(
    t,
    checkLinks(pages, (path) => existsSync(join(ROOT, path))),
  );
});
