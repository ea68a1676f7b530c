/**
 * One store and its headquarters on a disk that loses its power, again and again. In each round both
 * run and tills sell; at random moments the harness notes what the tills have been told and cuts.
 * Then every one of these cuts is inspected, and the next round starts both on what the last left.
 *
 * What is told counts for a cut when it was heard before the cut began. Whatever is told after the
 * last cut of a round would have been told by a box without power, so nobody listens any more.
 */
import { cpSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gatewayPaths, hqPaths } from '../../config/paths.ts';
import { FileCustody } from '../../hq/custody/files/file-custody.ts';
import { readFileIfPresent } from '../../platform/durable/atomic-file.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { askGateway, awaited, initialiseHomes, joinHq, must } from '../support/chain-processes.ts';
import { mqttOf, startGateway, startHq } from '../support/chain-processes.ts';
import type { ChainHomes, ServiceProcess, Wrapping } from '../support/chain-processes.ts';
import { choreViolations, Chores } from '../support/chores.ts';
import type { Done } from '../support/chores.ts';
import { finalViolations } from '../support/final-check.ts';
import { LogOracle } from '../support/log-oracle.ts';
import { RestlessTill } from '../support/restless-till.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { SubmissionMix } from '../support/submission-mix.ts';
import type { Submission } from '../support/submission-mix.ts';
import type { Credential } from '../support/till-under-test.ts';
import { ToldBook } from '../support/told-book.ts';
import type { Cut, CutDisk, Side } from './cut-disk.ts';
import { run } from '../support/leftovers.ts';

export interface PowerWorldOptions {
  disk: CutDisk;
  number: number;
  random: SeededRandom;
  /** How the processes are started, when it is not plainly. */
  wrap?: Wrap;
  /** Where what is found wrong is copied to. */
  evidence: string;
  onInspected: () => void;
}

export type Wrap = (homes: ChainHomes) => Partial<Record<Side, Wrapping>>;

/** A cut and what was known when it began. */
interface Moment {
  cut: Cut;
  told: number;
  cosigned: number;
  done: Done;
}

const TILLS = 4;
const IN_FLIGHT_MAX = 8;
const PAUSE_MS = 40;
/** Between two cuts, at most. */
const CUT_PAUSE_MS = 250;
const ANSWERS_MAX = 30;
const WORK_MS_MAX = 10_000;
/** A stopped process may still finish the system call it is in. */
const STOP_MS = 20;
const CHORE_CHANCE = 0.3;
const OPEN_MS_MAX = 60_000;
/** Half a megabyte short of the 64 MiB of a segment; a device may have 16 MiB of refusals a day. */
const FILLERS = 5;
const FILLINGS = 13;
const FILLING_BYTES = 1_023_000;
const FILLING_MS_MAX = 60_000;

export class PowerWorld {
  readonly book = new ToldBook();
  readonly #options: PowerWorldOptions;
  readonly #mix: SubmissionMix;
  readonly #chores: Chores;
  readonly #tills: RestlessTill[] = [];
  #oracle = new LogOracle(this.book);
  #running: Partial<Record<Side, ServiceProcess>> = {};

  constructor(options: PowerWorldOptions) {
    this.#options = options;
    this.#mix = new SubmissionMix(options.random);
    this.#chores = new Chores(options.random);
  }

  /** Segments of headquarters' journal, once the world has settled. */
  segments = 0;

  /** Enrols everything; what the harness itself changed is synced, as an editor would not. */
  async begin(): Promise<void> {
    const { homes } = this.#options.disk;
    await initialiseHomes(homes, this.#options.number);
    run('sync', '-f', homes.gateway);
    run('sync', '-f', homes.hq);
    await joinHq(homes);
    for (let number = 1; number <= TILLS; number += 1) {
      this.#tills.push(await this.#till(`till-${number}`, () => this.#mix.next()));
    }
  }

  /**
   * Refusals of a megabyte, until headquarters' journal is about to begin its next segment: the
   * rounds that follow do.
   */
  async fillSegment(): Promise<string[]> {
    const address = await this.#open();
    if (typeof address === 'string') return [address];
    const { homes } = this.#options.disk;
    for (let filler = 1; filler <= FILLERS; filler += 1) {
      let count = 0;
      const till = await this.#till(`filler-${filler}`, () => {
        count += 1;
        if (count === FILLINGS) till.finish();
        return this.#mix.unreadable(FILLING_BYTES);
      });
      const enough = this.book.keptCount + FILLINGS;
      till.reach(address);
      const isKept = (): true | undefined => this.book.keptCount >= enough || undefined;
      await awaited(() => Promise.resolve(isKept()), FILLING_MS_MAX);
      till.leave();
    }
    const arrived = await awaited(async () => {
      const status = await askGateway(homes.gateway, ({ call }) => call('status', {}));
      return status?.entriesOnlyHere === 0 || undefined;
    }, FILLING_MS_MAX);
    await this.end();
    return arrived === undefined ? ['headquarters never got what filled its segment'] : [];
  }

  async #till(deviceId: string, next: () => Submission): Promise<RestlessTill> {
    const { disk, random } = this.#options;
    const words = ['device', 'add', deviceId, '--role', 'till', '--json'];
    const text = await must([...words, '--home', disk.homes.gateway]);
    return new RestlessTill({
      ...{ credential: JSON.parse(text) as Credential, next, book: this.book, random },
      ...{ inFlightMax: IN_FLIGHT_MAX, pauseMs: PAUSE_MS },
    });
  }

  /** Sells, cuts so many times, and inspects each cut; gives what is wrong. */
  async round(cuts: number): Promise<string[]> {
    const { disk, random } = this.#options;
    const address = await this.#open();
    if (typeof address === 'string') return [address];
    for (const till of this.#tills) till.reach(address);
    const moments: Moment[] = [];
    for (let count = 1; count < cuts; count += 1) {
      await this.#sell();
      moments.push(this.#cut());
    }
    await this.#sell();
    const sides: Side[] = disk.separateSides
      ? random.pick<Side[]>([['gateway', 'hq'], ['gateway'], ['hq']])
      : ['gateway', 'hq'];
    for (const side of sides) this.#running[side]?.signal('SIGSTOP');
    await delay(STOP_MS);
    moments.push(this.#cut());
    for (const till of this.#tills) till.leave();
    await this.end();
    disk.unmount();
    return this.#inspectAll(moments, sides);
  }

  /** Both run on what the last cut left, until everything has reached headquarters. */
  async settle(): Promise<string[]> {
    const address = await this.#open();
    if (typeof address === 'string') return [address];
    const { homes } = this.#options.disk;
    const { book } = this;
    this.segments = readdirSync(join(hqPaths(homes.hq).custodyDir, 'segments')).length;
    const tills = this.#tills;
    return [
      ...(await finalViolations({ homes, address, tills, book, oracle: this.#oracle })),
      ...book.violations,
    ];
  }

  async end(): Promise<void> {
    for (const till of this.#tills) till.leave();
    await Promise.all(Object.values(this.#running).map((process) => process.end()));
    this.#running = {};
  }

  /** Starts both; gives where the tills reach the gateway, or what went wrong. */
  async #open(): Promise<{ host: string; port: number } | string> {
    const { disk, wrap } = this.#options;
    const wrappings = wrap?.(disk.homes);
    const hq = startHq(disk.homes.hq, wrappings?.hq);
    const gateway = startGateway(disk.homes.gateway, wrappings?.gateway);
    this.#running = { gateway, hq };
    const late = delay(OPEN_MS_MAX, undefined, { ref: false });
    const [atHq, ready] = await Promise.all(
      [hq, gateway].map((process) => Promise.race([process.ready(), late])),
    );
    if (atHq === undefined) return `headquarters did not start again:\n${hq.log}`;
    if (ready === undefined) return `the gateway did not start again:\n${gateway.log}`;
    return mqttOf(ready);
  }

  /** A moment, and at least some work: what a slow machine has not done yet no cut can take. */
  async #sell(): Promise<void> {
    const { disk, random } = this.#options;
    const { gateway } = disk.homes;
    const enough = this.book.told.length + 1 + random.below(ANSWERS_MAX);
    await delay(random.below(CUT_PAUSE_MS));
    if (random.chance(CHORE_CHANCE)) await this.#chores.one(gateway);
    await awaited(async () => {
      const status = await askGateway(gateway, ({ call }) => call('status', {}));
      const cosigned = status?.uplink.head?.size ?? 0;
      this.#oracle.cosigned(cosigned);
      return (cosigned > 0 && this.book.told.length >= enough) || undefined;
    }, WORK_MS_MAX);
  }

  /** In one go: nothing is heard between what is noted and the cut. */
  #cut(): Moment {
    const told = this.book.told.length;
    const cosigned = this.#oracle.cosignedSize;
    const done = this.#chores.done();
    return { told, cosigned, done, cut: this.#options.disk.cut() };
  }

  async #inspectAll(moments: readonly Moment[], sides: readonly Side[]): Promise<string[]> {
    const { disk, onInspected, evidence } = this.#options;
    const violations = [...this.book.violations];
    for (const moment of moments) {
      const found = await disk.inspect(moment.cut, async (homes) => {
        const wrong = await this.#inspect(homes, moment);
        if (wrong.length > 0) keep(homes, join(evidence, `cut-${moment.cut.number}`));
        return wrong;
      });
      violations.push(...found.map((each) => `cut ${moment.cut.number}: ${each}`));
      onInspected();
    }
    const last = moments.at(-1);
    if (violations.length === 0 && last !== undefined) {
      disk.resume(last.cut, sides);
      violations.push(...this.#goOn(last));
    }
    return violations;
  }

  /** The files as they are found after a cut, before and after the product's own repair of custody. */
  async #inspect(homes: ChainHomes, moment: Moment): Promise<string[]> {
    const { done, told } = moment;
    const oracle = this.#oracle.fork(moment.cosigned);
    const violations = oracle.lookAtGateway(homes.gateway, told).violations;
    violations.push(...choreViolations(homes.gateway, done, this.#chores.done()));
    const { enrolmentFile } = gatewayPaths(homes.gateway);
    if (readFileIfPresent(enrolmentFile) === undefined) violations.push('the enrolment is gone');
    violations.push(...(await hqViolations(homes, oracle)));
    return violations;
  }

  /** The oracle of the next round has seen what the next round starts from. */
  #goOn(last: Moment): string[] {
    const { homes } = this.#options.disk;
    const oracle = this.#oracle.fork(last.cosigned);
    this.#oracle = oracle;
    return oracle.lookAtGateway(homes.gateway, last.told).violations;
  }
}

/** Homes as they were inspected; what is no file or folder (a socket) stays behind. */
function keep(homes: ChainHomes, folder: string): void {
  for (const [side, home] of Object.entries(homes)) {
    cpSync(home as string, join(folder, side), {
      recursive: true,
      filter: (path) => lstatSync(path).isFile() || lstatSync(path).isDirectory(),
    });
  }
}

/** Custody as headquarters finds it at its start, with the repair that it makes then. */
async function hqViolations(homes: ChainHomes, oracle: LogOracle): Promise<string[]> {
  try {
    const custody = await FileCustody.openForWriting(hqPaths(homes.hq).custodyDir);
    await custody.close();
    return (await oracle.lookAtHq(homes.hq, homes.gateway)).violations;
  } catch (error) {
    if (!isTillgateError(error)) throw error;
    return [`headquarters could not start: ${error.message}`];
  }
}
