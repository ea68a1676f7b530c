/**
 * Headquarters: custody in segment files over a simulated disk, the receiving desk with admission
 * and cosigned heads, and the projection that follows custody. All are the product's; its broker is
 * the simulated network.
 */
import { hash } from 'node:crypto';
import { decodeMessage } from '../../protocol/replication/messages.ts';
import { parseCheckpoint } from '../../protocol/log/checkpoint.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { Frontier, hashesEqual, leafHash } from '../../protocol/log/merkle.ts';
import { parseOrigin } from '../../protocol/log/origin.ts';
import { must } from '../../protocol/must.ts';
import { blobNeededBy } from '../../protocol/replication/blob-need.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import type { Custody, CustodyHead, CustodyReader } from '../../hq/custody/custody.ts';
import { FileCustody } from '../../hq/custody/files/file-custody.ts';
import { FileReader } from '../../hq/custody/files/file-reader.ts';
import { Ingest } from '../../hq/ingest/ingest.ts';
import { HQ_DURABLE, HQ_FEED } from './chain.ts';
import { eagerCustody } from './deliberate-bugs.ts';
import { saleAt, saleIn, walkTail } from './held-sales.ts';
import { Machine, type World } from './machine.ts';
import type { HeldSale } from './oracle.ts';
import { SalesTotals } from './sales-totals.ts';
import type { SimProcess } from './sim-process.ts';
import { SimulatedDisk } from './simulated-disk.ts';

const FOLDER = '/custody';
/** Small, so that a run of a few dozen entries rolls segments. */
const SEGMENT_BYTES = 12 * 1024;
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Bits that had flipped by then are in the copy too. */
export type HqCopy = { disk: SimulatedDisk; isRotten: boolean };

export class HeadquartersMachine extends Machine {
  /** Like the SQL tables: outlives the process, and goes its own way when custody goes back. */
  readonly totals = new SalesTotals();
  custody: Custody | undefined;
  /** What was cosigned in this life of the disk, by origin. */
  readonly #cosigned = new Map<string, number>();
  #diskLife = 1;
  #isRotten = false;
  #isDamaged = false;
  #following: Promise<void> = Promise.resolve();

  constructor(world: World) {
    super('hq', world);
    world.network.onDown = (payload) => {
      this.#watch(payload);
    };
  }

  get signer(): string {
    return `hq/${this.#diskLife}`;
  }

  copyDisk(): HqCopy {
    return { disk: this.disk.snapshot(), isRotten: this.#isRotten };
  }

  /** The disk is that of an earlier time, or an empty one. */
  takeBack(copy: HqCopy | undefined): void {
    this.#diskLife += 1;
    this.#cosigned.clear();
    this.#isRotten = copy?.isRotten ?? false;
    this.disk = copy?.disk.afterKill() ?? new SimulatedDisk({ random: this.dice.next });
    this.custody = undefined;
  }

  /** One bit of a file under its feet. */
  rot(): void {
    const paths = [...filesUnder(this.disk, FOLDER)];
    if (paths.length === 0) return;
    const path = this.dice.pick(paths);
    const size = this.disk.statSync(path)?.size ?? 0;
    if (size === 0) return;
    this.disk.flipBit(path, this.dice.below(size), this.dice.below(8));
    this.#isRotten = true;
    this.world.trace.add(`hq: a bit flips in ${path}`);
  }

  /** Somebody must put another disk in: this one cannot be started from. */
  onDamaged: () => void = () => undefined;

  override boot(): void {
    if (this.#isDamaged) this.onDamaged();
    this.#isDamaged = false;
    super.boot();
  }

  /** Every sale that is durably in custody. */
  async heldSales(): Promise<HeldSale[]> {
    const custody = this.custody ?? this.#readDisk();
    if (custody === undefined) return [];
    const held: HeldSale[] = [];
    for (const { origin, size } of await custody.heads()) {
      const store = Number(parseOrigin(origin).store.slice(1));
      for (let index = 0; index < size; index += 1) {
        const sale = await saleAt(custody, origin, index);
        if (sale !== undefined) held.push({ store, ...sale });
      }
    }
    return held;
  }

  /** What `hq log verify` finds after bits have flipped; other disks are not looked at. */
  async isSound(): Promise<boolean> {
    if (!this.#isRotten) return true;
    const custody = this.custody ?? this.#readDisk();
    if (custody === undefined) return false;
    try {
      await walkTail(custody);
      for (const { origin, size, root } of await custody.heads()) {
        const frontier = new Frontier();
        for await (const { index, leaf, nodes } of custody.entries(origin, 0, size)) {
          const completed = frontier.append(leafHash(leaf));
          const isSame = completed.every((hash, level) => hashesEqual(hash, nodes[level] ?? hash));
          const blob = await custody.blob(origin, index);
          const needed = blobNeededBy(leaf, index)?.sha256;
          const isBlob = needed === undefined || needed === (blob && sha256(blob.bytes));
          if (!isSame || !isBlob) return false;
        }
        if (!hashesEqual(frontier.root(), root)) return false;
      }
      return true;
    } catch (error) {
      if (isTillgateError(error)) return false;
      throw error;
    }
  }

  /** The text of the sale in an entry. */
  async contentAt(origin: string, index: number): Promise<string | undefined> {
    const custody = must(this.custody, 'headquarters is up');
    const [entry, blob] = [await custody.entry(origin, index), await custody.blob(origin, index)];
    return entry && saleIn(entry.leaf, () => blob?.bytes)?.content;
  }

  heads(): Promise<CustodyHead[]> {
    return must(this.custody, 'headquarters is up').heads();
  }

  protected start(process: SimProcess): void {
    this.#open(process).catch((error: unknown) => {
      if (isTillgateError(error, 'HQ_CUSTODY_DAMAGED') && process.isAlive) this.#damaged(error);
      process.failed(error);
    });
  }

  async #open(process: SimProcess): Promise<void> {
    const { disk, dice, world } = this;
    const custody = await FileCustody.openForWriting(FOLDER, {
      ...{ disk, schedule: process.schedule, randomBytes: dice.bytes, onFatal: process.failed },
      segmentBytes: SEGMENT_BYTES,
    });
    if (!process.isAlive) return;
    const onKept = (): void => {
      process.schedule(() => {
        this.#follow(process, custody);
      }, 0);
    };
    const isEager = world.bug === 'cosignBeforeCustody';
    const kept = isEager ? eagerCustody(custody, onKept) : custody;
    await this.#checkCosigned(custody);
    const ingest = new Ingest({
      ...{ custody: kept, durable: HQ_DURABLE, feedVkey: HQ_FEED.vkey, log: SILENT },
      ...{ clock: process.clock, schedule: process.schedule },
      send: (topic, payload) => {
        if (process.isAlive) world.network.sendDown(topic, payload);
      },
      onKept,
      onRegressed: () => Promise.resolve(undefined),
    });
    this.custody = custody;
    world.network.receiver = (topic, payload) => {
      process.run(() => {
        ingest.receive(topic, payload);
      });
    };
    this.#follow(process, custody);
  }

  protected wentDown(): void {
    this.custody = undefined;
    this.world.network.receiver = undefined;
    this.world.network.forget();
  }

  /** The projection has its own pace and its own database. */
  #follow(process: SimProcess, custody: Custody): void {
    this.#following = this.#following
      .then(() => (process.isAlive ? this.totals.follow(custody) : undefined))
      .catch((error: unknown) => {
        process.failed(error);
      });
  }

  /** After a crash custody holds at least what was cosigned before it. */
  async #checkCosigned(custody: Custody): Promise<void> {
    for (const [origin, size] of this.#cosigned) {
      const held = (await custody.head(origin))?.size ?? 0;
      if (held >= size || this.#isRotten) continue;
      const detail = `headquarters cosigned ${size} entries of ${origin} and holds ${held}`;
      this.world.oracle.violated('cosigned', detail);
    }
  }

  /** What lies synced on the disk of a process that is down; undefined where that is unreadable. */
  #readDisk(): CustodyReader | undefined {
    const disk = this.disk.afterPowerCut('none', { random: this.dice.next });
    try {
      return FileReader.open(FOLDER, { durableOnly: false, disk });
    } catch (error) {
      if (isTillgateError(error)) return undefined;
      throw error;
    }
  }

  #damaged(error: unknown): void {
    this.#isDamaged = true;
    this.world.coverage.saw('custody names its damage');
    if (this.#isRotten) return;
    const what = error instanceof Error ? error.message : String(error);
    this.world.oracle.violated('runs', `custody is damaged though nothing rotted: ${what}`);
  }

  #watch(payload: Uint8Array): void {
    const decoded = decodeMessage(payload);
    if (!decoded.ok || !('note' in decoded.message) || decoded.message.note === '') return;
    const { note } = decoded.message;
    this.world.oracle.notes.saw(this.signer, note);
    const { origin, size, root } = parseCheckpoint(parseNote(note).text);
    const isKnown = size === 0 || this.world.oracle.histories.has(size, encodeBase64(root));
    if (!isKnown && !this.#isRotten)
      this.world.oracle.violated('order', `${origin} never was of ${size} with that root`);
    if (decoded.message.type !== 'head') return;
    this.#cosigned.set(origin, Math.max(size, this.#cosigned.get(origin) ?? 0));
  }
}

function sha256(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64');
}

function* filesUnder(disk: SimulatedDisk, folder: string): Generator<string> {
  for (const name of disk.readFolderSync(folder)) {
    const path = `${folder}/${name}`;
    if (isFolder(disk, path)) yield* filesUnder(disk, path);
    else yield path;
  }
}

function isFolder(disk: SimulatedDisk, path: string): boolean {
  try {
    disk.readFolderSync(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
