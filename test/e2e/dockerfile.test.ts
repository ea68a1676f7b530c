/**
 * The Dockerfile as far as it can be tried without Docker: its shape, that it copies what exists, and
 * its own steps carried out in scratch folders – the build in a copy of the tree, then exactly what
 * the last stage copies, from where the entry point is started.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { GATEWAY_CONFIG } from '../../config/gateway-schema.ts';
import { HQ_CONFIG } from '../../config/hq-schema.ts';
import { nodeAt } from '../../config/schema-node.ts';
import type { SchemaNode } from '../../config/schema-node.ts';
import { checkNothingLeft, readDockerfile } from '../support/dockerfile.ts';
import type { Instruction } from '../support/dockerfile.ts';
import { ownFolder } from '../support/own-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
const [build = [], final = []] = readDockerfile(text);

t.setTimeout(240_000);

const argumentsOf = (stage: readonly Instruction[], name: string): string[] =>
  stage.filter((each) => each.name === name).map((each) => each.argument);

void t.test('it has the shape of an image that is safe to run', (t) => {
  t.same(checkNothingLeft(text), [], 'every line is an instruction that is known');
  for (const stage of [build, final]) {
    t.match(argumentsOf(stage, 'FROM')[0], /^node:24[-\w]*( AS build)?$/);
  }
  const names = final.map((each) => each.name);
  t.ok(names.indexOf('USER') > names.lastIndexOf('RUN'), 'nothing runs as root after USER');
  t.same(argumentsOf(final, 'USER'), ['tillgate']);
  t.match(argumentsOf(final, 'RUN').join('\n'), /useradd .*tillgate/);
  t.same(argumentsOf(final, 'VOLUME'), ['/var/lib/tillgate']);
  t.equal(argumentsOf(final, 'HEALTHCHECK').length, 1);
  t.same(JSON.parse(argumentsOf(final, 'CMD')[0] ?? ''), ['run']);
  t.end();
});

void t.test('it exposes the ports that the configurations have by default', (t) => {
  const schemas: SchemaNode[] = [GATEWAY_CONFIG.schema, HQ_CONFIG.schema];
  const defaults = schemas.flatMap((schema) =>
    ['mqtt', 'http'].map((group) => Number(nodeAt(schema, [group, 'port'])?.default)),
  );
  const exposed = argumentsOf(final, 'EXPOSE').join(' ').split(' ').map(Number);
  t.same(exposed, defaults.sort());
  t.end();
});

void t.test('the health check is a program that Node can run', (t) => {
  const [, json = ''] = /CMD (\[.*\])$/s.exec(argumentsOf(final, 'HEALTHCHECK')[0] ?? '') ?? [];
  const [program, ...words] = JSON.parse(json) as string[];
  t.equal(program, 'node');
  // Port 9 (discard) is not served here: the check has to end with 1, not with a syntax error.
  const env = { ...process.env, TILLGATE_HEALTH_PORT: '9' };
  t.equal(spawnSync(process.execPath, words, { env }).status, 1);
  t.end();
});

void t.test('its steps give a command that runs', (t) => {
  const folder = ownFolder(t, { build: {}, final: {} });
  const buildFolder = join(folder, 'build');
  const skipped = new Set(['node_modules', 'dist', '.git', '.tap', 'coverage']);
  for (const name of readdirSync(ROOT)) {
    if (!skipped.has(name)) cpSync(join(ROOT, name), join(buildFolder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(buildFolder, 'node_modules'));
  t.ok(argumentsOf(build, 'RUN').includes('npm run build'));
  execFileSync('npm', ['run', 'build'], { cwd: buildFolder, stdio: 'pipe' });

  const finalFolder = join(folder, 'final');
  for (const copy of argumentsOf(final, 'COPY')) {
    const words = copy.replace('--from=build ', '').split(' ');
    const to = join(finalFolder, words.pop() ?? '');
    for (const word of words) {
      const from = join(buildFolder, word.replace(/^\/build\//, ''));
      t.ok(existsSync(from), `${word} exists`);
      const target = to.endsWith('/') ? join(to, word.split('/').at(-1) ?? '') : to;
      mkdirSync(join(target, '..'), { recursive: true });
      if (word.endsWith('node_modules')) symlinkSync(from, target);
      else cpSync(from, target, { recursive: true });
    }
  }
  const launcher = join(finalFolder, 'bin/tillgate.js');
  const run = (...words: string[]) =>
    execFileSync(process.execPath, [launcher, ...words], { encoding: 'utf8', stdio: 'pipe' });
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  t.equal(run('--version').trim(), version);
  const home = join(folder, 'home');
  run('--home', home, 'init', '--chain', 'c', '--store', 's', '--gateway', 'g');
  t.match(run('--home', home, 'config', 'get', 'store'), /^s$/m);
  t.end();
});
