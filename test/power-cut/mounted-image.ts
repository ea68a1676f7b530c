/** A disk image mounted through a loop device; unmounted and detached again at the latest at the end. */
import { mkdirSync } from 'node:fs';
import { leftover, run } from '../support/leftovers.ts';

/**
 * What is not synced stays away from the disk for as long as Linux lets it, so that a cut finds it
 * missing; without it the journal of ext4 would be written every 5 s.
 */
const EXT4_OPTIONS = 'noatime,commit=300';
const UNMOUNT_ATTEMPTS = 50;
const UNMOUNT_WAIT_MS = 100;

export class MountedImage {
  readonly folder: string;
  readonly #unmount: () => void;

  constructor(image: string, folder: string, options = EXT4_OPTIONS) {
    mkdirSync(folder, { recursive: true });
    this.folder = folder;
    const device = run('losetup', '-f', '--show', image);
    const detach = leftover(() => run('losetup', '-d', device));
    try {
      run('mount', '-o', options, device, folder);
    } catch (error) {
      detach();
      throw error;
    }
    const unmount = leftover(() => unmountPatiently(folder));
    this.#unmount = () => {
      unmount();
      detach();
    };
  }

  unmount(): void {
    this.#unmount();
  }
}

/** An ext4 that a busy store fits into, made without leaving work for later. */
export function makeExt4(image: string, megabytes: number): void {
  const now = 'lazy_itable_init=0,lazy_journal_init=0,nodiscard';
  run('mkfs.ext4', '-q', '-F', '-N', '8192', '-J', 'size=8', '-E', now, image, `${megabytes}M`);
}

/** A process that was killed a moment ago may still hold a file open. */
function unmountPatiently(folder: string): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      run('umount', folder);
      return;
    } catch (error) {
      if (attempt === UNMOUNT_ATTEMPTS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, UNMOUNT_WAIT_MS);
    }
  }
}
