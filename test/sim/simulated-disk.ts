/**
 * A disk in memory that keeps to what POSIX promises and to nothing more. What was not synced may be
 * lost, whole or torn; a name that was made, renamed or removed may be there or not until its folder
 * is synced. A failed sync of a file drops what it should have written, as Linux does.
 *
 * A disk belongs to one life of a process. `powerOff` ends it: from then on everything throws
 * `PowerCut`, whatever the old process still tries. What the next life finds is a disk of its own:
 * `afterPowerCut`, or `afterKill` where only the process died and the system still holds the pages.
 */
import { basename, dirname } from 'node:path';
import type {
  AsyncOpenFile,
  FileStatus,
  FileSystem,
  OpenMode,
} from '../../platform/durable/file-system.ts';
import { PowerCut, systemError } from './disk-failures.ts';
import { SimulatedFile } from './simulated-file.ts';
import type { Survival } from './simulated-file.ts';
import { SimulatedFolder } from './simulated-folder.ts';
import { SimulatedHandle } from './simulated-handle.ts';

export type DiskOperation = {
  /** Counts from 1 in each life. */
  number: number;
  kind:
    'create' | 'write' | 'truncate' | 'sync' | 'syncFolder' | 'rename' | 'remove' | 'makeFolder';
  path: string;
  detail: string;
};

/** What an operation meets: an error of the system, or a write that takes only some bytes. */
export type DiskFault = { errno: string } | { takesBytes: number };

export type SimulatedDiskOptions = {
  random: () => number;
  /** Asked before each operation that changes the disk; may also power it off. */
  before?: (operation: DiskOperation) => DiskFault | undefined;
  /** Awaited before each asynchronous operation. */
  settle?: () => Promise<void>;
};

/** The last operations, for a report of what went wrong. */
const KEPT_OPERATIONS_MAX = 400;

export class SimulatedDisk implements FileSystem {
  readonly options: SimulatedDiskOptions;
  /** Writes beyond are refused with ENOSPC. */
  capacityBytes = Infinity;
  /** Every change is refused with EROFS. */
  isReadOnly = false;
  readonly operations: DiskOperation[] = [];
  #root: SimulatedFolder;
  #count = 0;
  #isOff = false;

  constructor(options: SimulatedDiskOptions, root: SimulatedFolder = new SimulatedFolder()) {
    this.options = options;
    this.#root = root;
  }

  get isOff(): boolean {
    return this.#isOff;
  }

  powerOff(): void {
    this.#isOff = true;
  }

  /** What a machine finds that lost its power now. */
  afterPowerCut(survival: Survival, options: SimulatedDiskOptions = this.options): SimulatedDisk {
    return new SimulatedDisk(options, this.#root.afterPowerCut(survival, options.random));
  }

  /** What a process finds whose predecessor was killed: all of it, synced or not. Also a clone. */
  afterKill(options: SimulatedDiskOptions = this.options): SimulatedDisk {
    return new SimulatedDisk(options, this.#root.copy());
  }

  /** Everything as it is shown now, at rest: a backup that can be put into any machine. */
  snapshot(): SimulatedDisk {
    return new SimulatedDisk(
      this.options,
      this.#root.copy().afterPowerCut('all', () => 0),
    );
  }

  /** Bit rot. */
  flipBit(path: string, byte: number, bit: number): void {
    this.file(path).flipBit(byte, bit);
  }

  usedBytes(): number {
    return this.#root.usedBytes();
  }

  readonly openSync = (path: string, how: OpenMode): SimulatedHandle => {
    this.alive();
    const folder = this.#folder(dirname(path));
    const known = folder.get(basename(path));
    if (known !== undefined && how === 'exclusive') throw systemError('EEXIST', path);
    if (known?.kind === 'folder') throw systemError('EISDIR', path);
    if (known !== undefined) return new SimulatedHandle(this, path, known);
    if (how === 'read' || how === 'update') throw systemError('ENOENT', path);
    this.operate('create', path);
    const file = new SimulatedFile(`${this.options.random()}`);
    folder.change([[basename(path), file]]);
    return new SimulatedHandle(this, path, file);
  };

  readonly open = (path: string, how: OpenMode): Promise<AsyncOpenFile> =>
    this.settled(() => this.openSync(path, how));

  readonly readFileSync = (path: string): Uint8Array => {
    this.alive();
    return Uint8Array.from(this.file(path).content());
  };

  readonly statSync = (path: string): FileStatus | undefined => {
    this.alive();
    const node = this.#find(path);
    if (node?.kind !== 'folder') return node?.status();
    return { size: 0, links: 1, inode: path, bornAt: '0' };
  };

  readonly readFolderSync = (path: string): string[] => {
    this.alive();
    return this.#folder(path).names();
  };

  readonly makeFolderSync = (path: string, mode: number): string | undefined => {
    this.alive();
    if (this.#find(path)?.kind === 'folder') return undefined;
    const parent = dirname(path);
    const first = this.makeFolderSync(parent, mode);
    this.operate('makeFolder', path);
    this.#folder(parent).change([[basename(path), new SimulatedFolder()]]);
    return first ?? path;
  };

  readonly truncateSync = (path: string, length: number): void => {
    const file = this.file(path);
    this.operate('truncate', path, { detail: String(length) });
    file.truncate(length);
  };

  readonly renameSync = (from: string, to: string): void => {
    const file = this.file(from);
    const folder = this.#folder(dirname(to));
    this.operate('rename', from, { detail: basename(to) });
    const replaced = folder.get(basename(to));
    if (replaced?.kind === 'file') replaced.links = 0;
    const arrival = [basename(to), file] as const;
    const departure = [basename(from), undefined] as const;
    if (dirname(from) === dirname(to)) {
      folder.change([arrival, departure]);
      return;
    }
    // Between two folders: a power cut may leave the file in both, never in none.
    folder.change([arrival]);
    folder.sync();
    this.#folder(dirname(from)).change([departure]);
  };

  readonly rename = (from: string, to: string): Promise<void> =>
    this.settled(() => {
      this.renameSync(from, to);
    });

  readonly removeSync = (path: string): void => {
    this.alive();
    const file = this.#find(path);
    if (file === undefined) return;
    if (file.kind === 'folder') throw systemError('EISDIR', path);
    this.operate('remove', path);
    file.links = 0;
    this.#folder(dirname(path)).change([[basename(path), undefined]]);
  };

  readonly remove = (path: string): Promise<void> =>
    this.settled(() => {
      this.removeSync(path);
    });

  readonly syncFolderSync = (path: string): void => {
    const folder = this.#folder(path);
    this.operate('syncFolder', path, {
      onFailure: () => {
        folder.failSync();
      },
    });
    folder.sync();
  };

  readonly syncFolder = (path: string): Promise<void> =>
    this.settled(() => {
      this.syncFolderSync(path);
    });

  /** For handles: the boundary before a change. Tells how many bytes a write may take. */
  operate(
    kind: DiskOperation['kind'],
    path: string,
    more: { detail?: string; onFailure?: () => void } = {},
  ): number {
    this.alive();
    const operation = { number: ++this.#count, kind, path, detail: more.detail ?? '' };
    this.operations.push(operation);
    if (this.operations.length > KEPT_OPERATIONS_MAX) this.operations.shift();
    const fault = this.options.before?.(operation);
    this.alive();
    if (this.isReadOnly) throw systemError('EROFS', path);
    if (fault === undefined) return Infinity;
    if ('takesBytes' in fault) return fault.takesBytes;
    more.onFailure?.();
    throw systemError(fault.errno, path);
  }

  alive(): void {
    if (this.#isOff) throw new PowerCut();
  }

  async settled<T>(work: () => T): Promise<T> {
    await this.options.settle?.();
    return work();
  }

  file(path: string): SimulatedFile {
    this.alive();
    const node = this.#find(path);
    if (node === undefined) throw systemError('ENOENT', path);
    if (node.kind === 'folder') throw systemError('EISDIR', path);
    return node;
  }

  #find(path: string): SimulatedFile | SimulatedFolder | undefined {
    let node: SimulatedFile | SimulatedFolder | undefined = this.#root;
    for (const name of path.split('/')) {
      if (name === '') continue;
      if (node?.kind !== 'folder') return undefined;
      node = node.get(name);
    }
    return node;
  }

  #folder(path: string): SimulatedFolder {
    this.alive();
    const node = this.#find(path);
    if (node?.kind === 'folder') return node;
    throw systemError(node === undefined ? 'ENOENT' : 'ENOTDIR', path);
  }
}
