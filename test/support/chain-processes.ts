/**
 * A gateway and its headquarters as processes on homes that stay, which are killed and started again
 * as often as a suite likes. Headquarters listens on a loopback address of this run's own, so that
 * no other process can take its port while it is down.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gatewayPaths } from '../../config/paths.ts';
import { connectControl } from '../../daemon/control/control-client.ts';
import type { ControlClient } from '../../daemon/control/control-client.ts';
import { leftover } from './leftovers.ts';
import { tillgate } from './tillgate-process.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/tillgate.js', import.meta.url));
const HQ_PORT = 1884;
const LOG_LINES_MAX = 200;

/** How a process is started otherwise than plainly: another program in front, or its surroundings. */
export interface Wrapping {
  before?: readonly string[];
  environment?: Readonly<Record<string, string>>;
}

export class ServiceProcess {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #ready: Promise<Record<string, unknown> | undefined>;
  readonly exited: Promise<void>;

  constructor(words: readonly string[], readyMessage: string, wrapping: Wrapping = {}) {
    const [program = '', ...rest] = [
      ...(wrapping.before ?? []),
      ...[process.execPath, LAUNCHER, ...words],
    ];
    this.#child = spawn(program, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...wrapping.environment },
    });
    const kill = leftover(() => void this.#child.kill('SIGKILL'));
    this.exited = once(this.#child, 'exit').then(() => kill());
    this.#ready = this.#readUntil(readyMessage);
  }

  /** The line that says it is open; undefined when it ended before. */
  ready(): Promise<Record<string, unknown> | undefined> {
    return this.#ready;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Ended by itself, which nothing but a wrapping may make it do. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** The newest lines that it wrote. */
  get log(): string {
    return this.#lines.join('\n');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.isRunning) this.#child.kill(signal);
    await this.exited;
  }

  #readUntil(message: string): Promise<Record<string, unknown> | undefined> {
    return new Promise((resolve) => {
      for (const stream of [this.#child.stdout, this.#child.stderr]) {
        if (stream === null) continue;
        createInterface({ input: stream }).on('line', (line) => {
          this.#lines.push(line);
          if (this.#lines.length > LOG_LINES_MAX) this.#lines.shift();
          const parsed = jsonOf(line);
          if (parsed?.['msg'] === message) resolve(parsed);
        });
      }
      void this.exited.then(() => resolve(undefined));
    });
  }
}

export interface ChainHomes {
  gateway: string;
  hq: string;
}

/** Makes both homes, with ports and addresses of this run's own. `number` tells runs apart. */
export async function initialiseHomes(homes: ChainHomes, number: number): Promise<void> {
  await must(['hq', 'init', '--home', homes.hq]);
  const names = ['--chain', 'acme', '--store', 's0417', '--gateway', 'g1'];
  await must(['init', ...names, '--currency', 'GBP', '--home', homes.gateway]);
  change(join(homes.gateway, 'config.yaml'), /port: (1883|9180)/g, 'port: 0');
  const hqConfig = join(homes.hq, 'hq.yaml');
  keepHqPort(homes.hq, number);
  change(hqConfig, /port: 9190/, 'port: 0');
}

/** Its broker listens where nobody else does, so that its port is free when it starts again. */
export function keepHqPort(hqHome: string, number: number): void {
  const { pid } = process;
  const host = `127.${1 + (pid % 254)}.${1 + ((pid >> 8) % 254)}.${1 + (number % 254)}`;
  change(join(hqHome, 'hq.yaml'), /(mqtt:[^]*?host: )127\.0\.0\.1/, `$1${host}`);
}

/** Enrols the store at headquarters; the gateway of `homes` runs or not. */
export async function joinHq(homes: ChainHomes): Promise<void> {
  const key = (await must(['log', 'key', '--home', homes.gateway])).trim();
  const document = await must(['hq', 'store', 'add', '--verifier-key', key, '--home', homes.hq]);
  const file = join(homes.hq, 'enrolment-of-the-store.json');
  writeFileSync(file, document);
  await must(['hq', 'join', file, '--home', homes.gateway]);
}

export function startGateway(home: string, wrapping?: Wrapping): ServiceProcess {
  return new ServiceProcess(['run', '--home', home], 'ready', wrapping);
}

export function startHq(home: string, wrapping?: Wrapping): ServiceProcess {
  const words = ['hq', 'run', '--mqtt-port', String(HQ_PORT), '--home', home];
  return new ServiceProcess(words, 'headquarters is open', wrapping);
}

/** Where the tills reach a gateway that is ready. */
export function mqttOf(ready: Record<string, unknown>): { host: string; port: number } {
  return ready['mqtt'] as { host: string; port: number };
}

/** Asks the running gateway; undefined when it went away meanwhile. */
export async function askGateway<T>(
  home: string,
  ask: (control: ControlClient) => Promise<T>,
): Promise<T | undefined> {
  try {
    const control = await connectControl(gatewayPaths(home).controlSocket);
    if (control === undefined) return undefined;
    try {
      return await ask(control);
    } finally {
      control.close();
    }
  } catch {
    // It was killed while it was asked, which is what these suites do.
    return undefined;
  }
}

/** Runs a command that has to succeed and gives its standard output. */
export async function must(words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await tillgate(words);
  if (exitCode === 0) return stdout;
  throw new Error(`tillgate ${words.join(' ')} ended with ${exitCode}: ${stderr}${stdout}`);
}

/** Looks until `look` gives something, for so long at most. */
export async function awaited<T>(
  look: () => Promise<T | undefined>,
  limitMs: number,
): Promise<T | undefined> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined || performance.now() > deadline) return found;
    await delay(50);
  }
}

function change(file: string, from: RegExp, to: string): void {
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`${file} has no ${String(from)}`);
  writeFileSync(file, changed);
}

function jsonOf(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    // Not every line is one of the log: Node's own warnings are not.
    return undefined;
  }
}
