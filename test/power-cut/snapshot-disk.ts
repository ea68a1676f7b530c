/**
 * Cuts by copying: the homes lie on ext4, whose image lies on XFS, where a copy by reference is
 * atomic. A copy holds what the file system had written to its disk by then, in the order in which
 * it wrote; what still was in the page cache is gone.
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ChainHomes } from '../support/chain-processes.ts';
import type { Cut, CutDisk, CutDiskOptions } from './cut-disk.ts';
import { run } from '../support/leftovers.ts';
import { makeExt4, MountedImage } from './mounted-image.ts';

/** Sparse: what is not written takes no room. */
const OUTER_SIZE = '16G';
const IMAGE_MEGABYTES = 640;

export class SnapshotDisk implements CutDisk {
  readonly name = 'snapshot';
  readonly separateSides = false;
  readonly homes: ChainHomes;
  readonly #folder: string;
  readonly #outer: MountedImage;
  #live: MountedImage;
  #cuts = 0;

  constructor({ folder }: CutDiskOptions) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    const outer = join(folder, 'outer.img');
    run('truncate', '-s', OUTER_SIZE, outer);
    run('mkfs.xfs', '-q', '-m', 'reflink=1', outer);
    this.#outer = new MountedImage(outer, join(folder, 'outer'), 'noatime');
    makeExt4(this.#image('live'), IMAGE_MEGABYTES);
    this.#live = new MountedImage(this.#image('live'), join(folder, 'live'));
    this.homes = homesIn(this.#live.folder);
  }

  cut(): Cut {
    this.#cuts += 1;
    this.#copy('live', `cut-${this.#cuts}`);
    return { number: this.#cuts };
  }

  unmount(): void {
    this.#live.unmount();
  }

  async inspect<T>(cut: Cut, work: (homes: ChainHomes) => Promise<T>): Promise<T> {
    // The cut itself stays as it is: mounting repairs, and reading a database may write.
    const image = this.#image('inspected');
    this.#copy(`cut-${cut.number}`, 'inspected');
    const mounted = new MountedImage(image, join(this.#folder, 'inspected'));
    try {
      return await work(homesIn(mounted.folder));
    } finally {
      mounted.unmount();
      rmSync(image);
    }
  }

  resume(cut: Cut): void {
    renameSync(this.#image(`cut-${cut.number}`), this.#image('live'));
    for (let number = 1; number < this.#cuts; number += 1) {
      rmSync(this.#image(`cut-${number}`), { force: true });
    }
    this.#live = new MountedImage(this.#image('live'), this.#live.folder);
  }

  close(): void {
    this.#live.unmount();
    this.#outer.unmount();
  }

  #image(name: string): string {
    return join(this.#folder, 'outer', `${name}.img`);
  }

  #copy(from: string, to: string): void {
    run('cp', '--reflink=always', this.#image(from), this.#image(to));
  }
}

function homesIn(folder: string): ChainHomes {
  return { gateway: join(folder, 'gateway'), hq: join(folder, 'hq') };
}
