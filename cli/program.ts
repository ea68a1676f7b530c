/**
 * The commands as a tree for commander, which parses words and writes help. Its own texts are kept,
 * its own exits are not: every failure becomes a TillgateError and leaves through main.ts.
 */
import { Command as Node, Option } from 'commander';
import type { CommanderError } from 'commander';
import { TillgateError } from '../protocol/errors.ts';
import { PRODUCT_VERSION } from '../platform/product-version.ts';
import type { Command } from './command.ts';
import { CommandInput } from './command-input.ts';
import { GROUPS } from './command-groups.ts';

export interface GlobalOptions {
  home: string | undefined;
  json: boolean;
  quiet: boolean;
}

export type Runner = (
  command: Command,
  input: CommandInput,
  globals: GlobalOptions,
) => Promise<void>;

/** Columns of the help text; fixed, so that it is the same on every terminal. */
const HELP_WIDTH = 100;

export function buildProgram(commands: readonly Command[], runner: Runner): Node {
  const program = configure(new Node('tillgate'));
  program
    .summary('the gateway of a store')
    .description('Tillgate turns every sale into a signed, durable, provable log entry.')
    .version(PRODUCT_VERSION, '--version', 'print the version')
    .option('--home <dir>', 'folder with config, data and keys (default: the places of the system)')
    .option('--json', 'answer with one JSON document')
    .option('--quiet', 'say only what was asked for');
  for (const command of commands) addCommand(program, command, runner);
  return program;
}

function configure(node: Node): Node {
  return node
    .exitOverride()
    .helpOption('--help', 'show this help')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .configureOutput({ writeErr: () => undefined, getOutHelpWidth: () => HELP_WIDTH })
    .configureHelp({ showGlobalOptions: true });
}

function addCommand(program: Node, command: Command, runner: Runner): void {
  const words = command.words.split(' ');
  const name = words.pop() ?? '';
  let parent = program;
  let path = '';
  for (const word of words) {
    path = path === '' ? word : `${path} ${word}`;
    parent = childOf(parent, word) ?? addGroup(parent, word, path);
  }
  const existing = childOf(parent, name);
  const node = existing ?? parent.command(name);
  configure(node).summary(command.summary).description(description(command));
  for (const { name: argument, summary, required, isRepeated } of command.arguments ?? []) {
    const shown = isRepeated === true ? `${argument}...` : argument;
    node.argument(required === false ? `[${shown}]` : `<${shown}>`, summary);
  }
  for (const option of command.options ?? []) node.addOption(optionOf(option));
  node.action(async () => {
    const globals = program.opts<{ home?: string; json?: boolean; quiet?: boolean }>();
    await runner(command, inputOf(command, node), {
      home: globals.home,
      json: globals.json === true,
      quiet: globals.quiet === true,
    });
  });
}

function optionOf(spec: {
  flags: string;
  summary: string;
  defaultText?: string;
  required?: boolean;
}): Option {
  const shown = spec.defaultText === undefined ? '' : ` (default: ${spec.defaultText})`;
  const option = new Option(spec.flags, `${spec.summary}${shown}`);
  return option.makeOptionMandatory(spec.required === true);
}

const description = (command: Command): string => {
  const sentence = `${command.summary.charAt(0).toUpperCase()}${command.summary.slice(1)}.`;
  return command.details === undefined ? sentence : `${sentence}\n\n${command.details}`;
};

const childOf = (parent: Node, name: string): Node | undefined =>
  parent.commands.find((child) => child.name() === name);

function addGroup(parent: Node, word: string, path: string): Node {
  const summary = GROUPS[path];
  if (summary === undefined) throw new TillgateError('INTERNAL', `No summary for "${path}".`);
  return configure(parent.command(word)).summary(summary).description(`${summary}.`);
}

function inputOf(command: Command, node: Node): CommandInput {
  const words = new Map<string, string>();
  for (const [position, { name }] of (command.arguments ?? []).entries()) {
    const value = node.args[position];
    if (value !== undefined) words.set(name, value);
  }
  return new CommandInput(words, node.opts(), node.args);
}

/** What commander threw as our own usage error; undefined when it only showed help or version. */
export function usageError(
  error: CommanderError,
  words: readonly string[],
): TillgateError | undefined {
  if (error.exitCode === 0) return undefined;
  const called = words.filter((word) => /^[a-z][a-z-]*$/.test(word)).slice(0, 3);
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  if (error.code === 'commander.help') {
    return new TillgateError('USAGE', 'A command is missing.', {
      hint: `tillgate ${called.join(' ')} --help`.replace('  ', ' '),
    });
  }
  return new TillgateError('USAGE', `${message.charAt(0).toUpperCase()}${message.slice(1)}.`, {
    hint: 'tillgate --help',
  });
}
