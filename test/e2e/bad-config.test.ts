/**
 * A configuration with several mistakes: every one is named with its place, value and what is
 * allowed, the exit code is 78, and nothing was started: no file is new or changed, and the ports
 * that the file names were not even tried.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { must } from '../../protocol/must.ts';
import { GatewayUnderTest, tillgate } from '../support/tillgate-process.ts';
import type { Finished } from '../support/tillgate-process.ts';
import { ownFolder } from '../support/own-folder.ts';

t.setTimeout(120_000);

/** A mistake, and the words that have to stand behind its place. */
type Mistake = { good: RegExp; bad: string; path: string; says: string };

const GATEWAY_MISTAKES: Mistake[] = [
  {
    good: /^store: .*$/m,
    bad: 'store: Shop 417',
    path: 'store',
    says: 'got "Shop 417", allowed: ',
  },
  {
    good: /^timeZone: .*$/m,
    bad: 'timeZone: Mars/Base',
    path: 'timeZone',
    says: 'got "Mars/Base"',
  },
  {
    good: /^currency: .*$/m,
    bad: 'currency: euro',
    path: 'currency',
    says: 'got "euro", allowed: ',
  },
  {
    good: /queueItems: .*$/m,
    bad: 'queueItems: -5',
    path: 'ledger.queueItems',
    says: 'got -5, allowed: ',
  },
  {
    good: /requireSignature: .*$/m,
    bad: 'requireSignature: perhaps',
    path: 'intake.requireSignature',
    says: 'got "perhaps", allowed: true',
  },
  { good: /level: .*$/m, bad: 'levle: info', path: 'log.levle', says: 'did you mean level?' },
];

const HQ_MISTAKES: Mistake[] = [
  { good: /^domain: .*$/m, bad: 'domain: "not a name"', path: 'domain', says: 'got "not a name"' },
  {
    good: /^log:$/m,
    bad: 'publicUrl: ftp://hq.example.com\nlog:',
    path: 'publicUrl',
    says: 'got "ftp://hq.example.com", allowed: a URL that starts with mqtt://',
  },
  {
    good: /level: .*$/m,
    bad: 'level: chatty',
    path: 'log.level',
    says: 'got "chatty", allowed: ',
  },
];

/** Every file with its content's size and time of change. */
function snapshot(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return names.map((name) => {
    const { size, mtimeMs } = statSync(join(folder, name));
    return `${name} ${size} ${mtimeMs}`;
  });
}

/** A port that is taken: whoever tried it would say so instead of naming the mistakes. */
async function takenPort(t: Test): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

function spoil(text: string, mistakes: readonly Mistake[]): string {
  let bad = text;
  for (const { good, bad: wrong } of mistakes) bad = bad.replace(good, wrong);
  return bad;
}

/** Where in the file a mistake stands: line, counted from 1. */
function lineOf(text: string, { bad }: Mistake): number {
  const wrong = must(bad.split('\n')[0], 'a mistake has a line');
  return text.split('\n').findIndex((line) => line.trim() === wrong) + 1;
}

type Scene = { home: string; file: string; words: string[]; mistakes: readonly Mistake[] };

async function expectRefused(t: Test, scene: Scene): Promise<void> {
  const { home, file, words, mistakes } = scene;
  const port = await takenPort(t);
  const usable = readFileSync(file, 'utf8').replace(/port: \d+/g, `port: ${port}`);
  const text = spoil(usable, mistakes);
  writeFileSync(file, text);
  const before = snapshot(home);
  const expectAll = ({ exitCode }: Finished, output: string) => {
    t.equal(exitCode, 78);
    for (const mistake of mistakes) {
      const line = output.split('\n').find((each) => each.includes(` ${mistake.path}: `)) ?? '';
      const start = `${file}:${lineOf(text, mistake)}:`;
      t.ok(line.includes(start), `${mistake.path} at ${start} in: ${line}`);
      t.ok(line.includes(mistake.says), `${mistake.path} says ${mistake.says} in: ${line}`);
    }
  };
  const ran = await tillgate([...words, 'run', '--home', home]);
  expectAll(ran, ran.stderr);
  t.equal(ran.stdout, '');
  t.notMatch(ran.stderr, /PORT_IN_USE|listens on/);
  t.match(ran.stderr, /\nTry: /);
  const check = ['config', 'check', ...(words.length > 0 ? ['--hq'] : []), '--home', home];
  const checked = await tillgate(check);
  expectAll(checked, checked.stdout);
  const document = await tillgate([...check, '--json']);
  const { problems } = JSON.parse(document.stdout) as { problems: { path: string }[] };
  t.same(problems.map(({ path }) => path).sort(), mistakes.map(({ path }) => path).sort());
  t.same(snapshot(home), before, 'no file is new or changed');
}

void t.test('a gateway with a bad configuration', async (t) => {
  const gateway = new GatewayUnderTest(ownFolder(t));
  await gateway.ok('init', '--chain', 'acme', '--store', 's0417', '--gateway', 'g1');
  const { home, configFile: file } = gateway;
  await expectRefused(t, { home, file, words: [], mistakes: GATEWAY_MISTAKES });
});

void t.test('a headquarters with a bad configuration', async (t) => {
  const home = join(ownFolder(t), 'hq');
  t.equal((await tillgate(['hq', 'init', '--home', home])).exitCode, 0);
  const file = join(home, 'hq.yaml');
  await expectRefused(t, { home, file, words: ['hq'], mistakes: HQ_MISTAKES });
});
