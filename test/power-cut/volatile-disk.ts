/**
 * Cuts of disks with a cache that forgets: each home lies on an ext4 of its own, on a disk that logs
 * writes and flushes (block-log.c), and a cut is a moment of both logs. Nothing but a flush makes a
 * write certain, and a flush of one home's disk says nothing about the other's.
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChainHomes } from '../support/chain-processes.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { Cut, CutDisk, CutDiskOptions, Side } from './cut-disk.ts';
import { leftover, run } from '../support/leftovers.ts';
import { makeExt4, MountedImage } from './mounted-image.ts';
import { WriteLog } from './write-log.ts';

const SOURCE = fileURLToPath(new URL('block-log.c', import.meta.url));
/** Too small for the ledger to reserve space, which would be copied at every cut; else large enough. */
const MEGABYTES: Readonly<Record<Side, number>> = { gateway: 120, hq: 512 };
const SERVE_ATTEMPTS = 200;
const SERVE_WAIT_MS = 25;

type Moments = Cut & { readonly at: Readonly<Record<Side, number>> };

export class VolatileDisk implements CutDisk {
  readonly name = 'volatile';
  readonly separateSides = true;
  readonly homes: ChainHomes;
  readonly #disks: Readonly<Record<Side, LoggedDisk>>;
  readonly #moments: Moments[] = [];

  constructor({ folder, random }: CutDiskOptions) {
    const program = compile(folder);
    const disk = (side: Side): LoggedDisk =>
      new LoggedDisk({ folder: join(folder, side), program, random, megabytes: MEGABYTES[side] });
    this.#disks = { gateway: disk('gateway'), hq: disk('hq') };
    this.homes = { gateway: this.#disks.gateway.home, hq: this.#disks.hq.home };
  }

  /** Headquarters first: it can only hold what the gateway's disk had before. */
  cut(): Cut {
    const hq = this.#disks.hq.length;
    const gateway = this.#disks.gateway.length;
    const moments = { number: this.#moments.length, at: { gateway, hq } };
    this.#moments.push(moments);
    return moments;
  }

  unmount(): void {
    for (const disk of Object.values(this.#disks)) disk.unmount();
  }

  async inspect<T>(cut: Cut, work: (homes: ChainHomes) => Promise<T>): Promise<T> {
    const { at } = this.#moment(cut);
    const { gateway, hq } = this.#disks;
    const mounts = [gateway.mountCrashed(at.gateway), hq.mountCrashed(at.hq)];
    const [gatewayFolder = '', hqFolder = ''] = mounts.map((mount) => mount.folder);
    try {
      return await work({ gateway: join(gatewayFolder, 'home'), hq: join(hqFolder, 'home') });
    } finally {
      for (const mount of mounts) mount.unmount();
    }
  }

  resume(cut: Cut, sides: readonly Side[]): void {
    const { at } = this.#moment(cut);
    for (const side of ['gateway', 'hq'] as const) {
      this.#disks[side].resume(sides.includes(side) ? at[side] : undefined);
    }
  }

  close(): void {
    this.unmount();
  }

  #moment(cut: Cut): Moments {
    const moment = this.#moments[cut.number];
    if (moment === undefined) throw new Error(`no cut ${cut.number}`);
    return moment;
  }
}

/** One home's disk: `live.img` has every write, `certain.img` what the flushes made certain. */
class LoggedDisk {
  readonly home: string;
  readonly #folder: string;
  readonly #program: string;
  readonly #random: SeededRandom;
  #inUse: { mount: MountedImage; stop: () => void } | undefined;
  #log: WriteLog;

  constructor(options: {
    folder: string;
    program: string;
    random: SeededRandom;
    megabytes: number;
  }) {
    const { folder, program, random, megabytes } = options;
    this.#folder = folder;
    this.#program = program;
    this.#random = random;
    this.home = join(folder, 'mounted', 'home');
    mkdirSync(join(folder, 'served'), { recursive: true });
    makeExt4(this.#path('live.img'), megabytes);
    this.#log = this.#serve();
  }

  get length(): number {
    return this.#log.length;
  }

  unmount(): void {
    this.#inUse?.mount.unmount();
    this.#inUse?.stop();
    this.#inUse = undefined;
  }

  mountCrashed(moment: number): MountedImage {
    this.#makeCrashed(moment);
    return new MountedImage(this.#path('crashed.img'), this.#path('crashed'));
  }

  /** Goes on from a crashed state of `moment`, or from where it was when it was unmounted. */
  resume(moment: number | undefined): void {
    if (moment !== undefined) {
      this.#makeCrashed(moment);
      renameSync(this.#path('crashed.img'), this.#path('live.img'));
    }
    this.#log.close();
    this.#log = this.#serve();
  }

  #makeCrashed(moment: number): void {
    const certain = openSync(this.#path('certain.img'), 'r+');
    this.#log.applyFlushed(certain, moment);
    closeSync(certain);
    this.#copy('certain.img', 'crashed.img');
    const crashed = openSync(this.#path('crashed.img'), 'r+');
    this.#log.applySome(crashed, this.#random);
    closeSync(crashed);
  }

  /** What the disk holds now is certain; everything later is logged. */
  #serve(): WriteLog {
    this.#copy('live.img', 'certain.img');
    const served = this.#path('served');
    const words = [this.#path('live.img'), this.#path('log'), served];
    rmSync(this.#path('log'), { force: true });
    const server = spawn(this.#program, words, { stdio: 'inherit' });
    const stop = leftover(() => {
      // A signal to the whole group has ended the server, and its mount, already.
      if (existsSync(join(served, 'disk'))) run('fusermount3', '-u', served);
    });
    server.on('error', (error) => console.error(error.message));
    const disk = join(served, 'disk');
    for (let attempt = 0; !existsSync(disk); attempt += 1) {
      if (attempt === SERVE_ATTEMPTS) throw new Error(`${disk} is not served`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SERVE_WAIT_MS);
    }
    this.#inUse = { mount: new MountedImage(disk, this.#path('mounted')), stop };
    return new WriteLog(this.#path('log'));
  }

  #copy(from: string, to: string): void {
    run('cp', '--sparse=always', this.#path(from), this.#path(to));
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

function compile(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'block-log');
  const flags = run('pkg-config', '--cflags', '--libs', 'fuse3').split(/\s+/);
  run('gcc', '-std=gnu17', '-O2', '-Wall', '-Wextra', '-Werror', SOURCE, '-o', program, ...flags);
  return program;
}
