/** Headquarters in a folder of its own, driven through the command line alone. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hqPaths } from '../../config/paths.ts';
import { askHq } from '../../hq/control/hq-call.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { tillgate } from './tillgate-process.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/tillgate.js', import.meta.url));
/** The embedded database takes up to ten seconds for its first start on two busy cores. */
const START_MS_MAX = 90_000;

export type HqPlaces = {
  /** Null where another broker is used. */
  mqtt: { host: string; port: number } | null;
  http: { host: string; port: number };
};

export class HeadquartersUnderTest {
  readonly home: string;
  #child: ChildProcess | undefined;
  #log = '';
  readonly #runWords: readonly string[];

  /** `runWords` go to `hq run` at each start, such as a broker or a database. */
  constructor(folder: string, runWords: readonly string[] = []) {
    this.home = join(folder, 'hq');
    this.#runWords = runWords;
  }

  /** What the running headquarters wrote. */
  get log(): string {
    return this.#log;
  }

  /** Runs a command that has to succeed and gives its standard output. */
  async ok(...words: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await tillgate(['hq', ...words, '--home', this.home]);
    if (exitCode === 0) return stdout;
    throw new TillgateError('INTERNAL', `hq ${words.join(' ')} ended with ${exitCode}: ${stderr}`);
  }

  async json<T>(...words: string[]): Promise<T> {
    return JSON.parse(await this.ok(...words, '--json')) as T;
  }

  /** Resolves when headquarters answers. `mqttPort` 0 lets the system choose. */
  async start(mqttPort = 0): Promise<HqPlaces> {
    const ports = ['--mqtt-port', String(mqttPort), '--http-port', '0'];
    const words = ['hq', 'run', ...ports, ...this.#runWords, '--home', this.home];
    const child = spawn(process.execPath, [LAUNCHER, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    child.stderr.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString();
    });
    const deadline = performance.now() + START_MS_MAX;
    while (performance.now() < deadline && child.exitCode === null) {
      const status = await askHq(hqPaths(this.home), '/api/status');
      if (status !== undefined) return status as HqPlaces;
      await delay(100);
    }
    throw new TillgateError('INTERNAL', `headquarters did not start:\n${this.#log}`);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  /** What a lost disk leaves when only a copy of the keys was kept elsewhere. */
  loseAllButKeys(): void {
    for (const name of readdirSync(this.home)) {
      if (name !== 'keys') rmSync(join(this.home, name), { recursive: true });
    }
  }
}
