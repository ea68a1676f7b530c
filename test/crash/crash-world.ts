/**
 * One store and its headquarters, sold at by restless tills, in which both processes die again and
 * again, each at its own moments, and are started again on the same homes. After every death the
 * files are held against what the tills were told.
 */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { askGateway, initialiseHomes, joinHq, must } from '../support/chain-processes.ts';
import { mqttOf, startGateway, startHq } from '../support/chain-processes.ts';
import type { ChainHomes, ServiceProcess } from '../support/chain-processes.ts';
import { choreViolations, Chores } from '../support/chores.ts';
import { finalViolations } from '../support/final-check.ts';
import { LogOracle } from '../support/log-oracle.ts';
import { findTool } from '../support/need-tool.ts';
import { RestlessTill } from '../support/restless-till.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { SubmissionMix } from '../support/submission-mix.ts';
import type { Credential } from '../support/till-under-test.ts';
import { ToldBook } from '../support/told-book.ts';
import { AT_RANDOM, gatewayFate, hqFate } from './fates.ts';
import type { Fate } from './fates.ts';

export interface CrashWorldOptions {
  folder: string;
  number: number;
  random: SeededRandom;
  /** Deaths after which it settles. */
  deaths: number;
  onDeath: (who: 'gateway' | 'hq', how: string) => void;
}

const TILLS = 4;
const IN_FLIGHT_MAX = 8;
const PAUSE_MS = 40;
/** What the kernel still had for a till when the gateway died. */
const LAST_WORDS_MS = 30;
/** A process that does not open by then is stuck, which the end of the run will show. */
const START_MS_MAX = 30_000;
const LOOK_MS = 5;
const BOTH_CHANCE = 0.15;
const CHORE_CHANCE = 0.5;
const FOREIGN_TILL_CHANCE = 0.1;
const CHORE_AFTER_MS = 300;

export class CrashWorld {
  readonly #options: CrashWorldOptions;
  readonly #homes: ChainHomes;
  readonly #book = new ToldBook();
  readonly #oracle = new LogOracle(this.#book);
  readonly #mix: SubmissionMix;
  readonly #chores: Chores;
  readonly #violations: string[] = [];
  #tills: RestlessTill[] = [];
  #foreign: Credential | undefined;
  #hq: ServiceProcess | undefined;
  #gateway: ServiceProcess | undefined;
  #deaths = 0;

  constructor(options: CrashWorldOptions) {
    this.#options = options;
    const { folder, random } = options;
    this.#homes = { gateway: join(folder, 'gateway'), hq: join(folder, 'hq') };
    this.#mix = new SubmissionMix(random);
    this.#chores = new Chores(random);
  }

  get book(): ToldBook {
    return this.#book;
  }

  /** Lives until it had its deaths or something is wrong; gives what is wrong. */
  async run(): Promise<string[]> {
    try {
      await this.#begin();
      const lives = [this.#gatewayLives(), this.#hqLives()];
      await Promise.all(lives);
      if (!this.#isWrong) this.#violations.push(...(await this.#settle()));
    } finally {
      await this.end();
    }
    return [...this.#violations, ...this.#book.violations];
  }

  async end(): Promise<void> {
    for (const till of this.#tills) till.leave();
    await Promise.all([this.#gateway?.end(), this.#hq?.end()]);
  }

  get #isWrong(): boolean {
    return this.#violations.length + this.#book.violations.length > 0;
  }

  get #isOver(): boolean {
    return this.#isWrong || this.#deaths >= this.#options.deaths;
  }

  async #begin(): Promise<void> {
    mkdirSync(this.#options.folder, { recursive: true });
    await initialiseHomes(this.#homes, this.#options.number);
    await joinHq(this.#homes);
    for (let number = 1; number <= TILLS; number += 1) {
      this.#tills.push(
        new RestlessTill({
          credential: await this.#enrol(`till-${number}`),
          next: () => this.#mix.next(),
          book: this.#book,
          random: this.#options.random,
          inFlightMax: IN_FLIGHT_MAX,
          pauseMs: PAUSE_MS,
        }),
      );
    }
    if (findTool('mosquitto_pub') !== undefined) this.#foreign = await this.#enrol('till-foreign');
  }

  async #enrol(deviceId: string): Promise<Credential> {
    const words = ['device', 'add', deviceId, '--role', 'till', '--json'];
    return JSON.parse(await must([...words, '--home', this.#homes.gateway])) as Credential;
  }

  async #gatewayLives(): Promise<void> {
    const { random, onDeath } = this.#options;
    while (!this.#isOver) {
      const fate = gatewayFate(this.#homes.gateway, random);
      const process = startGateway(this.#homes.gateway, fate.wrapping);
      this.#gateway = process;
      void this.#openStore(process);
      const how = await this.#dies(process, fate, 'the gateway');
      if (random.chance(BOTH_CHANCE)) this.#hq?.signal('SIGKILL');
      await delay(LAST_WORDS_MS);
      for (const till of this.#tills) till.leave();
      const look = this.#oracle.lookAtGateway(this.#homes.gateway);
      this.#violations.push(...look.violations);
      this.#violations.push(...choreViolations(this.#homes.gateway, this.#chores.done()));
      this.#deaths += 1;
      onDeath('gateway', how);
    }
  }

  async #hqLives(): Promise<void> {
    const { random, onDeath } = this.#options;
    while (!this.#isOver) {
      const fate = hqFate(this.#homes.hq, random);
      const process = startHq(this.#homes.hq, fate.wrapping);
      this.#hq = process;
      const how = await this.#dies(process, fate, 'headquarters');
      if (this.#gatewayHasLog) {
        const look = await this.#oracle.lookAtHq(this.#homes.hq, this.#homes.gateway);
        this.#violations.push(...look.violations);
      }
      this.#deaths += 1;
      onDeath('hq', how);
    }
  }

  get #gatewayHasLog(): boolean {
    return this.#book.told.length > 0;
  }

  async #openStore(process: ServiceProcess): Promise<void> {
    const { random } = this.#options;
    const ready = await process.ready();
    if (ready === undefined) return;
    const address = mqttOf(ready);
    for (const till of this.#tills) till.reach(address);
    if (random.chance(FOREIGN_TILL_CHANCE)) this.#sellByMosquitto(address);
    await delay(random.below(CHORE_AFTER_MS));
    if (random.chance(CHORE_CHANCE)) await this.#chores.one(this.#homes.gateway);
    const status = await askGateway(this.#homes.gateway, ({ call }) => call('status', {}));
    this.#oracle.cosigned(status?.uplink.head?.size ?? 0);
  }

  /** A client that is not ours: its exit code says whether it got its PUBACK. */
  #sellByMosquitto({ host, port }: { host: string; port: number }): void {
    if (this.#foreign === undefined) return;
    const { username, password } = this.#foreign;
    const submission = this.#mix.sale(1);
    const login = ['-h', host, '-p', String(port), '-u', username, '-P', password];
    const words = ['-t', `transactions/${username}/submit`, '-q', '1', '-m', submission.payload];
    execFile('mosquitto_pub', [...login, ...words], { timeout: 5_000 }, (error) => {
      if (error === null) this.#book.recorded(submission);
    });
  }

  /** Waits for its death, or sees to it; tells how it came. */
  async #dies(process: ServiceProcess, fate: Fate, who: string): Promise<string> {
    if (fate.from === 'open')
      await Promise.race([process.ready(), delay(START_MS_MAX, undefined, { ref: false })]);
    const enough = this.#book.told.length + fate.answersMax;
    const deadline = performance.now() + fate.killAfterMs;
    while (process.isRunning && performance.now() < deadline) {
      if (this.#book.told.length >= enough) break;
      await Promise.race([process.exited, delay(LOOK_MS)]);
    }
    const wasHere = process.isRunning;
    await process.end();
    if (process.exitCode !== null) {
      this.#violations.push(`${who} ended by itself with ${process.exitCode}:\n${process.log}`);
    }
    return wasHere && fate.wrapping.before !== undefined ? AT_RANDOM : fate.name;
  }

  /** No more deaths: everything gets its answer, reaches headquarters, and adds up. */
  async #settle(): Promise<string[]> {
    this.#hq = startHq(this.#homes.hq);
    this.#gateway = startGateway(this.#homes.gateway);
    const [hqReady, ready] = await Promise.all([this.#hq.ready(), this.#gateway.ready()]);
    if (hqReady === undefined) return [`headquarters did not start again:\n${this.#hq.log}`];
    if (ready === undefined) return [`the gateway did not start again:\n${this.#gateway.log}`];
    return finalViolations({
      homes: this.#homes,
      address: mqttOf(ready),
      tills: this.#tills,
      book: this.#book,
      oracle: this.#oracle,
    });
  }
}
