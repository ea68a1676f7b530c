/**
 * A file of the simulated disk: what the system shows, what is on the medium, and what has been
 * written since the last sync. A power cut lets each of those writes survive whole, in part or not at
 * all, independently of the others; the part that is missing reads as zeros where the file grew.
 */
import type { FileStatus } from '../../platform/durable/file-system.ts';

/** Bytes that copies share until one of them is written. */
class Content {
  #buffer: Buffer;
  #isShared = false;
  length: number;

  constructor(buffer: Buffer = Buffer.alloc(0), length = buffer.length) {
    this.#buffer = buffer;
    this.length = length;
  }

  share(): Content {
    const copy = new Content(this.#buffer, this.length);
    copy.#isShared = true;
    this.#isShared = true;
    return copy;
  }

  view(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  write(at: number, bytes: Uint8Array): void {
    this.#own(Math.max(this.length, at + bytes.length));
    this.#buffer.set(bytes, at);
    this.length = Math.max(this.length, at + bytes.length);
  }

  setLength(length: number): void {
    this.#own(length);
    this.#buffer.fill(0, Math.min(length, this.length), Math.max(length, this.length));
    this.length = length;
  }

  #own(length: number): void {
    if (!this.#isShared && length <= this.#buffer.length) return;
    const buffer = Buffer.alloc(Math.max(length, 2 * this.length));
    this.view().copy(buffer);
    this.#buffer = buffer;
    this.#isShared = false;
  }
}

type Unsynced = { at: number; bytes: Uint8Array } | { length: number };

/** What becomes of what was not synced: everything or nothing, or as chance has it. */
export type Survival = 'all' | 'none' | 'some';

/** What a disk writes whole or not at all. */
const SECTOR_BYTES = 512;
/** The system writes back by itself in the end; without this a file that is never synced grows. */
const UNSYNCED_MAX = 64;

export class SimulatedFile {
  readonly kind = 'file';
  readonly inode: string;
  /** Names that lead to it. */
  links = 1;
  #shown = new Content();
  #onMedium = new Content();
  #unsynced: Unsynced[] = [];

  constructor(inode: string) {
    this.inode = inode;
  }

  status(): FileStatus {
    return { size: this.length, links: this.links, inode: this.inode, bornAt: this.inode };
  }

  get length(): number {
    return this.#shown.length;
  }

  content(): Buffer {
    return this.#shown.view();
  }

  write(at: number, bytes: Uint8Array): void {
    const kept = Uint8Array.from(bytes);
    this.#shown.write(at, kept);
    this.#unsynced.push({ at, bytes: kept });
    if (this.#unsynced.length <= UNSYNCED_MAX) return;
    const oldest = this.#unsynced.shift();
    if (oldest !== undefined) apply(this.#onMedium, oldest);
  }

  truncate(length: number): void {
    this.#shown.setLength(length);
    this.#unsynced.push({ length });
  }

  sync(): void {
    for (const change of this.#unsynced) apply(this.#onMedium, change);
    this.#unsynced = [];
  }

  /** As Linux does: the pages count as clean, are still shown, and will never be written. */
  failSync(): void {
    this.#unsynced = [];
  }

  flipBit(byte: number, bit: number): void {
    for (const content of [this.#shown, this.#onMedium]) {
      if (byte >= content.length) continue;
      content.write(byte, Uint8Array.of((content.view()[byte] ?? 0) ^ (1 << bit)));
    }
  }

  copy(): SimulatedFile {
    const copy = new SimulatedFile(this.inode);
    copy.links = this.links;
    copy.#shown = this.#shown.share();
    copy.#onMedium = this.#onMedium.share();
    copy.#unsynced = [...this.#unsynced];
    return copy;
  }

  afterPowerCut(survival: Survival, random: () => number): SimulatedFile {
    const left = new SimulatedFile(this.inode);
    left.#onMedium = this.#onMedium.share();
    for (const change of survival === 'none' ? [] : this.#unsynced) {
      if (survival === 'all') apply(left.#onMedium, change);
      else applyPart(left.#onMedium, change, random);
    }
    left.#shown = left.#onMedium.share();
    return left;
  }
}

function apply(content: Content, change: Unsynced): void {
  if ('length' in change) content.setLength(change.length);
  else content.write(change.at, change.bytes);
}

function applyPart(content: Content, change: Unsynced, random: () => number): void {
  const fate = random();
  if (fate < 0.3) return;
  if (fate < 0.6 || 'length' in change) {
    apply(content, change);
    return;
  }
  const { at, bytes } = change;
  if (fate < 0.8) {
    content.write(at, bytes.subarray(0, Math.floor(random() * (bytes.length + 1))));
    return;
  }
  // The length may have reached the medium before the bytes.
  const end = at + bytes.length;
  if (random() < 0.5 && end > content.length) content.setLength(end);
  for (let from = at; from < end;) {
    const next = Math.min(end, (Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES);
    if (random() < 0.5) content.write(from, bytes.subarray(from - at, next - at));
    from = next;
  }
}
