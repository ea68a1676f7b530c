/**
 * A disk of its own for a test: ext4 in a file on a loop device, so that it can run full, turn
 * read-only as the kernel does it to a disk with errors, and be repaired. Needs root.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Test } from 'tap';
import { must } from '../../protocol/must.ts';
import { need, needTool } from './need-tool.ts';

const MEBIBYTE = 1024 * 1024;

export function needSmallDisk(t: Test): boolean {
  if (!need(t, process.getuid?.() === 0, 'root, to mount a disk')) return false;
  return needTool(t, 'mkfs.ext4') && needTool(t, 'losetup');
}

export class SmallDisk {
  /** Where it is mounted. */
  readonly folder: string;
  readonly #image: string;
  #isMounted = false;

  /** Unmounted with the test; what runs on it must be ended in a teardown that is added later. */
  constructor(t: Test, megabytes: number) {
    const place = mkdtempSync(join(tmpdir(), 'small-disk-'));
    this.folder = join(place, 'disk');
    this.#image = join(place, 'image');
    mkdirSync(this.folder);
    writeFileSync(this.#image, '');
    truncateSync(this.#image, megabytes * MEBIBYTE);
    run('mkfs.ext4', '-q', '-F', this.#image);
    this.#mount();
    t.teardown(() => {
      this.unmount();
      rmSync(place, { recursive: true });
    });
  }

  /** Takes all the room that is left. */
  fill(): void {
    const ballast = join(this.folder, 'ballast');
    const { bavail, bsize } = statfsSync(this.folder);
    for (let bytes = bavail * bsize; bytes >= 4096; bytes = Math.floor(bytes / 2)) {
      try {
        writeFileSync(ballast, Buffer.alloc(bytes, 1), { flag: 'a', flush: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  }

  makeRoom(): void {
    rmSync(join(this.folder, 'ballast'));
  }

  /** What the kernel does with `errors=remount-ro` when it meets an error of the file system. */
  turnReadOnly(): void {
    const line = must(
      readFileSync('/proc/mounts', 'utf8')
        .split('\n')
        .find((each) => each.split(' ')[1] === this.folder),
      'the disk is mounted',
    );
    const device = basename(must(line.split(' ')[0], 'a mount has a device'));
    writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, '1');
  }

  /** Checks and mounts it again; nothing may be running on it. */
  repair(): void {
    this.unmount();
    try {
      run('e2fsck', '-fy', this.#image);
    } catch (error) {
      // 1 means that something was corrected, which is what it was called for.
      if ((error as { status?: number }).status !== 1) throw error;
    }
    this.#mount();
  }

  unmount(): void {
    if (!this.#isMounted) return;
    run('umount', this.folder);
    this.#isMounted = false;
  }

  #mount(): void {
    run('mount', '-o', 'loop,errors=remount-ro', this.#image, this.folder);
    this.#isMounted = true;
  }
}

function run(program: string, ...words: string[]): void {
  execFileSync(program, words, { stdio: 'ignore' });
}
