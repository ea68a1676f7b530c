/** `tillgate peripheral simulate`: a device that is not there, for somebody without hardware. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemSchedule } from '../../platform/schedule.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { HostedSimulator } from '../../drivers/simulation/host-simulator.ts';
import type { SIMULATORS } from '../../drivers/simulators.ts';
import type { Command, CommandContext } from '../command.ts';
import type { CommandInput } from '../command-input.ts';

type SimulatorDefinition = (typeof SIMULATORS)[number];

export const peripheralSimulate: Command = {
  words: 'peripheral simulate',
  summary: 'run a simulated device, and print the address to add',
  details:
    'It speaks the bytes of a real device, over a pseudo-terminal, TCP or a virtual card reader.\nType `help` for what it can be made to do: paper out, unplugged, a scan, a weight. It ends on\n`quit` or Ctrl-C. What comes out of a printer is written as PNG into the folder.',
  arguments: [{ name: 'kind', summary: 'printer, scanner, scale, …', required: false }],
  options: [
    { flags: '--listen <host:port>', summary: 'be on TCP instead of a pseudo-terminal' },
    { flags: '--option <key=value...>', summary: 'how the device is set up; may be repeated' },
    { flags: '--folder <dir>', summary: 'where pictures go (default: a fresh temporary folder)' },
  ],
  async run(context, input) {
    const { SIMULATORS: all } = await import('../../drivers/simulators.ts');
    const kind = input.optionalArgument('kind');
    const definition = all.find((known) => known.kind === kind);
    if (definition === undefined) throw unknownKind(kind, all);
    await simulate(definition, context, input);
    return undefined;
  },
};

async function simulate(
  definition: SimulatorDefinition,
  context: CommandContext,
  input: CommandInput,
): Promise<void> {
  const { hostSimulator } = await import('../../drivers/simulation/host-simulator.ts');
  const given = input.option('folder');
  const folder = given ?? mkdtempSync(join(tmpdir(), 'tillgate-sim-'));
  mkdirSync(folder, { recursive: true });
  const pictures: string[] = [];
  const host = await hostSimulator({
    ...{ definition, folder, schedule: systemSchedule, clock: context.clock },
    deviceOptions: deviceOptions(input.values('option')),
    ...listenOf(input.option('listen')),
    random: Math.random,
    produced: (name, bytes) => {
      const path = join(folder, basename(name));
      writeFileSync(path, bytes);
      pictures.push(path);
      context.output.note(`wrote ${path}`);
    },
  });
  try {
    tell(definition, host, context);
    await script(host, context);
  } finally {
    await host.close();
    if (given === undefined && pictures.length === 0)
      rmSync(folder, { recursive: true, force: true });
  }
}

function tell(
  definition: SimulatorDefinition,
  host: HostedSimulator,
  context: CommandContext,
): void {
  const { driver, driverOptions, title, kind } = definition;
  const { address } = host;
  const options = Object.entries(driverOptions)
    .map(([key, value]) => ` --option ${key}=${String(value)}`)
    .join('');
  const add = `tillgate peripheral add ${kind} --driver ${driver} --address '${address}'${options}`;
  const text = `${title} at ${address}\nAdd it:  ${add}\nType help for what it does, quit to end.`;
  context.output.result({ kind, address, driver, driverOptions }, text);
}

/** One line is one command; ends with `quit`, with the input, or with a signal. */
async function script(host: HostedSimulator, context: CommandContext): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  const stop = (): void => lines.close();
  context.signal.addEventListener('abort', stop);
  for await (const line of lines) {
    const word = line.trim();
    if (word === '') continue;
    if (word === 'quit') return;
    const said = word === 'help' ? helpOf(host) : await host.command(word);
    context.output.note(said);
  }
  // Without a terminal at its input it runs until it is told to stop.
  if (!context.signal.aborted && !process.stdin.isTTY) {
    await new Promise<void>((resolve) => {
      context.signal.addEventListener('abort', () => resolve());
    });
  }
}

function helpOf(host: HostedSimulator): string {
  return Object.entries(host.commands)
    .map(([words, help]) => `${words}  ${help}`)
    .join('\n');
}

function deviceOptions(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at > 0) return [word.slice(0, at), word.slice(at + 1)] as const;
      throw new TillgateError('USAGE', `--option takes key=value, not ${JSON.stringify(word)}.`);
    }),
  );
}

function listenOf(text: string | undefined): { tcp?: { host: string; port: number } } {
  if (text === undefined) return {};
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || port === undefined || Number(port) > 65_535) {
    throw new TillgateError('USAGE', `--listen takes HOST:PORT, not ${JSON.stringify(text)}.`);
  }
  return { tcp: { host, port: Number(port) } };
}

function unknownKind(kind: string | undefined, all: readonly SimulatorDefinition[]): TillgateError {
  const list = all.map((known) => `  ${known.kind}  ${known.title}`).join('\n');
  const what = kind === undefined ? 'Name a kind' : `There is no kind ${JSON.stringify(kind)}`;
  return new TillgateError('USAGE', `${what}; there are:\n${list}`, {
    hint: 'tillgate peripheral simulate KIND',
  });
}
