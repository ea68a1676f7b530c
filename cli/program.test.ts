/** The words of the command line: help texts as they are, and what a wrong word gets. */
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import t from 'tap';
import type { CommandInput } from './command-input.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './command-list.ts';
import { renderHelpPage } from './help-page.ts';
import { buildProgram, usageError } from './program.ts';
import type { GlobalOptions } from './program.ts';

interface Called {
  words: string;
  input: CommandInput;
  globals: GlobalOptions;
}

/** Parses as main does; gives the command that would have run, or what was thrown. */
async function call(...words: string[]): Promise<Called> {
  let called: Called | undefined;
  const program = buildProgram(COMMANDS, (command, input, globals) => {
    called = { words: command.words, input, globals };
    return Promise.resolve();
  });
  await program.parseAsync(words, { from: 'user' });
  if (called === undefined) throw new CommanderError(1, 'nothing', 'nothing ran');
  return called;
}

async function refusal(...words: string[]): Promise<unknown> {
  try {
    return await call(...words);
  } catch (error) {
    return error instanceof CommanderError ? usageError(error, words) : error;
  }
}

void t.test('the help of every command is as written down', (t) => {
  const page = readFileSync(new URL('../docs/commands.md', import.meta.url), 'utf8');
  t.equal(renderHelpPage(COMMANDS), page, 'run `npm run docs` and commit the result');
  t.end();
});

void t.test('words are unique, summaries short and small', (t) => {
  const words = COMMANDS.map((command: Command) => command.words);
  t.equal(new Set(words).size, words.length);
  for (const { summary } of COMMANDS) t.match(summary, /^[a-z][^\n]{0,98}[^.]$/, summary);
  t.end();
});

void t.test('global options count before, between and after the words', async (t) => {
  for (const words of [
    ['--home', '/h', '--json', 'device', 'list'],
    ['device', '--home', '/h', 'list', '--json'],
    ['device', 'list', '--json', '--home', '/h'],
  ]) {
    const { globals, words: found } = await call(...words);
    t.equal(found, 'device list');
    t.strictSame(globals, { home: '/h', json: true, quiet: false });
  }
});

void t.test('arguments and options reach the command by name', async (t) => {
  const { input } = await call('device', 'add', 'till-1', '--role', 'till');
  t.equal(input.argument('id'), 'till-1');
  t.equal(input.requiredOption('role'), 'till');
  t.equal(input.option('key'), undefined);
  t.throws(() => input.argument('other'), { code: 'USAGE' });
});

void t.test('wrong words are a usage error with a next step', async (t) => {
  t.match(await refusal('device', 'lits'), { code: 'USAGE', message: /'lits'.*Did you mean list/ });
  t.match(await refusal('status', '--jsno'), { code: 'USAGE', message: /--jsno/ });
  t.match(await refusal('status', 'extra'), { code: 'USAGE', message: /too many arguments/i });
  t.match(await refusal('device', 'add', 'x'), { code: 'USAGE', message: /--role/ });
  t.match(await refusal('device'), { code: 'USAGE', hint: 'tillgate device --help' });
  t.match(await refusal(), { code: 'USAGE', hint: 'tillgate --help' });
  t.equal(await refusal('--version'), undefined, 'is no failure');
});
