/** An open file of the simulated disk, for both kinds of callers. */
import type { AsyncOpenFile, FileStatus, OpenFile } from '../../platform/durable/file-system.ts';
import { systemError } from './disk-failures.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import type { SimulatedFile } from './simulated-file.ts';

export class SimulatedHandle implements OpenFile, AsyncOpenFile {
  readonly #disk: SimulatedDisk;
  readonly #path: string;
  readonly #file: SimulatedFile;
  #isClosed = false;

  constructor(disk: SimulatedDisk, path: string, file: SimulatedFile) {
    this.#disk = disk;
    this.#path = path;
    this.#file = file;
  }

  readSync(into: Uint8Array, position: number): number {
    this.#usable();
    const bytes = this.#file.content().subarray(position, position + into.length);
    into.set(bytes);
    return bytes.length;
  }

  writeSync(bytes: Uint8Array, position: number): number {
    this.#usable();
    const grows = Math.max(0, position + bytes.length - this.#file.length);
    const limit = this.#disk.operate('write', this.#path, {
      detail: `${bytes.length} at ${position}`,
    });
    const { capacityBytes } = this.#disk;
    const room = capacityBytes === Infinity ? Infinity : capacityBytes - this.#disk.usedBytes();
    const fits = grows <= room ? bytes.length : Math.max(0, bytes.length - (grows - room));
    const taken = Math.min(bytes.length, fits, limit);
    if (taken <= 0 && bytes.length > 0) throw systemError('ENOSPC', this.#path);
    this.#file.write(position, bytes.subarray(0, taken));
    return taken;
  }

  write(bytes: Uint8Array, position: number): Promise<number> {
    return this.#disk.settled(() => this.writeSync(bytes, position));
  }

  statSync(): FileStatus {
    this.#usable();
    return this.#file.status();
  }

  stat(): Promise<FileStatus> {
    return this.#disk.settled(() => this.statSync());
  }

  truncate(length: number): Promise<void> {
    return this.#disk.settled(() => {
      this.#usable();
      this.#disk.operate('truncate', this.#path, { detail: String(length) });
      this.#file.truncate(length);
    });
  }

  syncSync(): void {
    this.#usable();
    this.#disk.operate('sync', this.#path, {
      onFailure: () => {
        this.#file.failSync();
      },
    });
    this.#file.sync();
  }

  sync(): Promise<void> {
    return this.#disk.settled(() => {
      this.syncSync();
    });
  }

  datasync(): Promise<void> {
    return this.sync();
  }

  chmod(): Promise<void> {
    return this.#disk.settled(() => {
      this.#usable();
    });
  }

  closeSync(): void {
    this.#usable();
    this.#isClosed = true;
  }

  close(): Promise<void> {
    return this.#disk.settled(() => {
      this.closeSync();
    });
  }

  #usable(): void {
    this.#disk.alive();
    if (this.#isClosed) throw systemError('EBADF', this.#path);
  }
}
