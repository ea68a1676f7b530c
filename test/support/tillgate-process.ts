/** The command line as a person uses it: real processes, real files, ports that the system chooses. */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { GatewayStatus } from '../../daemon/control/gateway-status.ts';
import { statusOfGateway } from '../../daemon/control/with-gateway.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { TillgateError } from '../../protocol/errors.ts';

export interface Finished {
  exitCode: number;
  stdout: string;
  stderr: string;
}

const LAUNCHER = fileURLToPath(new URL('../../bin/tillgate.js', import.meta.url));
const START_MS_MAX = 30_000;

/** Runs one command to its end; `input` is its standard input. */
export function tillgate(words: readonly string[], input = ''): Promise<Finished> {
  return runProgram(process.execPath, [LAUNCHER, ...words], input);
}

export function runProgram(
  program: string,
  words: readonly string[],
  input = '',
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = execFile(program, [...words], { timeout: 60_000 }, (error, stdout, stderr) => {
      const exitCode = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
      resolve({ exitCode, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

/** A gateway in a folder of its own, driven through the command line alone. */
export class GatewayUnderTest {
  readonly home: string;
  #child: ChildProcess | undefined;
  #log = '';

  readonly #program: string;

  /** `program` is run instead of the command line, with the same words. */
  constructor(folder: string, program = LAUNCHER) {
    this.home = join(folder, 'home');
    this.#program = program;
  }

  get configFile(): string {
    return join(this.home, 'config.yaml');
  }

  /** What the running daemon wrote. */
  get log(): string {
    return this.#log;
  }

  /** Sets the home up, with ports that the system will choose. */
  async init(): Promise<void> {
    await this.ok('init', '--chain', 'acme', '--store', 's0417', '--gateway', 'g1');
    const config = readFileSync(this.configFile, 'utf8');
    writeFileSync(this.configFile, config.replace(/port: (1883|9180)/g, 'port: 0'));
  }

  run(...words: string[]): Promise<Finished> {
    return tillgate([...words, '--home', this.home]);
  }

  /** Runs a command that has to succeed and gives its standard output. */
  async ok(...words: string[]): Promise<string> {
    const finished = await this.run(...words);
    if (finished.exitCode !== 0) {
      const { exitCode, stderr } = finished;
      throw new TillgateError('INTERNAL', `${words.join(' ')} ended with ${exitCode}: ${stderr}`);
    }
    return finished.stdout;
  }

  async json<T>(...words: string[]): Promise<T> {
    return JSON.parse(await this.ok(...words, '--json')) as T;
  }

  addDevice(deviceId: string): Promise<{ username: string; password: string }> {
    return this.json('device', 'add', deviceId, '--role', 'till');
  }

  /** What `status --json` prints, without a process for each look: tests wait by asking often. */
  status(): Promise<GatewayStatus> {
    return statusOfGateway({ home: this.home, clock: systemClock });
  }

  /** Resolves when the daemon answers; `environment` comes on top of the test's own. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<GatewayStatus> {
    const child = spawn(process.execPath, [this.#program, 'run', '--home', this.home], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString();
    });
    const deadline = performance.now() + START_MS_MAX;
    while (performance.now() < deadline) {
      const status = await this.status();
      if (status.running) return status;
      if (child.exitCode !== null) break;
      await delay(50);
    }
    throw new TillgateError('INTERNAL', `the gateway did not start:\n${this.#log}`);
  }

  /** Ends the daemon with a signal; gives its exit code, or the signal that ended it. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return Promise.resolve('not running');
    const ended = child.exitCode ?? child.signalCode;
    if (ended !== null) return Promise.resolve(ended);
    return new Promise((resolve) => {
      child.on('exit', (code, endedBy) => resolve(code ?? endedBy ?? 'unknown'));
      child.kill(signal);
    });
  }
}
