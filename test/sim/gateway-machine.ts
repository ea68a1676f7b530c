/**
 * A gateway: the start check, the ledger's thread and core, the judge, the keeper of epochs and the
 * uplink, all of them the product's, over a simulated disk and the in-memory ledger. What the
 * daemon's main file wires is wired here; the broker's edge is left out.
 */
import { isTillgateError, TillgateError } from '../../protocol/errors.ts';
import { hashesEqual, rootAt } from '../../protocol/log/merkle.ts';
import { writeFileAtomicallySync } from '../../platform/durable/atomic-file.ts';
import { CarryList } from '../../daemon/epochs/carry-list.ts';
import { ensureEpoch } from '../../daemon/epochs/ensure-epoch.ts';
import { EpochKeeper } from '../../daemon/epochs/epoch-keeper.ts';
import type { Answer, Submission } from '../../daemon/ledger/commands.ts';
import type { LedgerTip } from '../../daemon/ledger/ledger-client.ts';
import { LedgerCore } from '../../daemon/ledger/ledger-core.ts';
import type { LedgerReader } from '../../daemon/ledger/reader.ts';
import { Uplink } from '../../daemon/uplink/uplink.ts';
import type { CustodyHead } from '../../hq/custody/custody.ts';
import { storeIdentity, type StoreIdentity } from './chain.ts';
import { claimingOnRejection } from './deliberate-bugs.ts';
import { salesInLedger } from './held-sales.ts';
import { HistoryRecorder } from './history-recorder.ts';
import { judged } from './judged.ts';
import { SimLedger } from './ledger-client.ts';
import { Machine, type World } from './machine.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { asLaterEntry, isNote } from './newer-release.ts';
import type { HeldSale } from './oracle.ts';
import type { SimProcess } from './sim-process.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import { tellOfSecondCopy } from '../../daemon/epochs/second-copy.ts';
import { TwinBook } from '../../daemon/epochs/twin-book.ts';
import { Recovery } from '../../daemon/epochs/recovery.ts';
import { AnchorWriter } from '../../daemon/anchors/anchor-writer.ts';
import { earlierEpochs } from '../../daemon/uplink/earlier-epochs.ts';
import { fetchInTurn } from './fetch-in-turn.ts';
import type { Till } from './till.ts';

const DATA = '/data';
export const SIGNED_HEAD = '/signed-head';
export const HQ_HEAD = '/hq-head';
const LAN_MS = 2;
/** How long the deliberate bug says `accepted` too early. */
const EARLY_MS = 2_000;
/** With the other one, of so many commits one reaches the disk. */
const SYNC_EVERY = 4;
const UNLIMITED = { maxBytesPerSecond: 1e9, maxEntriesPerSecond: 1e9 };

type Parts = {
  ledger: SimLedger;
  keeper: EpochKeeper;
  uplink: Uplink;
  list: CarryList;
  recovery: Recovery;
};

export class GatewayMachine extends Machine {
  readonly store: number;
  readonly copy: number;
  readonly identity: StoreIdentity;
  ledger: MemoryLedger | undefined;
  /** With a deliberate bug: what of the ledger a crash leaves. */
  #durable: MemoryLedger | undefined;
  /** Its disk with nothing on it but its key. */
  readonly asNew: GatewayCopy;
  #commits = 0;
  #parts: Parts | undefined;
  /** Lives of the ledger and of the whole disk, counted up when they go back. */
  #ledgerLife = 1;
  #diskLife = 1;
  readonly #history: HistoryRecorder;
  #laterEntries: boolean[] = [];

  constructor(store: number, copy: number, world: World) {
    super(`s${store}-c${copy}`, world);
    this.store = store;
    this.copy = copy;
    this.identity = storeIdentity(store);
    this.#history = new HistoryRecorder(world.oracle.histories);
    this.disk.makeFolderSync(DATA, 0o700);
    this.disk.syncFolderSync('/');
    this.asNew = this.copyDisk();
  }

  get lineage(): string {
    return `${this.name}.${this.#ledgerLife}`;
  }

  /** Whom signatures are held against. */
  get signer(): string {
    return `${this.name}/${this.#diskLife}`;
  }

  /** Everything it has is at headquarters, and nothing is left to do. */
  get isIdle(): boolean {
    if (!this.isUp || this.#parts === undefined) return false;
    const { uplink, ledger, list } = this.#parts;
    const { state, entriesOnlyHere, origin } = uplink.status();
    const isComplete = state === 'idle' && entriesOnlyHere === 0;
    const isDone = list.carries.length === 0 && list.fetches.length === 0;
    return isComplete && origin === ledger.tip.origin && isDone;
  }

  get status(): string {
    if (!this.isUp || this.#parts === undefined) return `${this.name} is down`;
    const { uplink, list } = this.#parts;
    return `${this.name} ${JSON.stringify({ ...uplink.status(), carries: list.carries, fetches: list.fetches })}`;
  }

  /** A till's submission arrived. */
  submit(till: Till, deviceId: string, bytes: Uint8Array): void {
    const { process } = this;
    const parts = this.#parts;
    if (process === undefined || parts === undefined) return;
    process.run(() => {
      const submission = judged(deviceId, bytes);
      const claimed = this.#claim(submission);
      parts.ledger.submit(submission).then(
        (answer) => {
          this.#answer(parts, till, { bytes, answer });
        },
        (error: unknown) => {
          if (!isTillgateError(error, 'LEDGER_DISK_FULL')) return;
          this.#checkNothingKept(submission, claimed);
          this.world.time.after(LAN_MS, () => {
            till.unavailable(bytes);
          });
        },
      );
    });
  }

  /** Writes an entry of a later release. */
  appendLater(isLaterVersion: boolean): void {
    const { process } = this;
    const parts = this.#parts;
    if (process === undefined || parts === undefined) return;
    process.run(() => {
      this.#laterEntries.push(isLaterVersion);
      parts.ledger
        .append({ type: 'append', kind: 'note', members: { text: 'later' } })
        .catch(() => undefined);
    });
  }

  /** What its ledger holds now. */
  heldSales(): HeldSale[] {
    const { store } = this;
    return salesInLedger(this.ledger?.view).map((sale) => ({ store, ...sale }));
  }

  /** The ledger alone, or the whole disk, as a copy holds it. */
  takeBack(copy: GatewayCopy, what: 'ledger' | 'disk'): void {
    this.#ledgerLife += 1;
    this.#history.forget();
    this.ledger = copy.ledger && new MemoryLedger({}, copy.ledger);
    this.#durable = undefined;
    if (what === 'ledger') return;
    this.#diskLife += 1;
    this.disk = copy.disk.afterKill();
  }

  /** Another machine's disk, bit by bit. */
  takeClone(of: GatewayMachine): void {
    this.takeBack(of.copyDisk(), 'disk');
    this.world.oracle.copyLineage(of.lineage, this.lineage);
  }

  copyDisk(): GatewayCopy {
    const disk = this.disk.snapshot();
    return { disk, ledger: this.ledger && new MemoryLedger({}, this.ledger) };
  }

  /** Its newest log is at headquarters, entry by entry: the root says so. */
  isAt(heads: readonly CustodyHead[]): boolean {
    const view = this.ledger?.view;
    const newest = view?.current();
    const head = heads.find(({ origin }) => origin === newest?.origin);
    if (view === undefined || newest === undefined || head?.size !== newest.size) return false;
    return hashesEqual(head.root, rootAt(newest.size, view.nodes(newest.epoch)));
  }

  protected start(process: SimProcess): void {
    const { identity, world } = this;
    this.ledger = this.#openLedger(process);
    const { disk, dice, ledger } = this;
    const { privateKey } = identity;
    const bootId = dice.uuid();
    const list = new CarryList(DATA, disk);
    if (world.bug === 'reuseIndexAfterRollback') {
      for (const path of [SIGNED_HEAD, HQ_HEAD]) disk.removeSync(path);
    }
    const files = { disk, signedHeadFile: SIGNED_HEAD, hqHeadFile: HQ_HEAD };
    const common = { privateKey, clock: process.clock, randomBytes: dice.bytes };
    const epoch = ensureEpoch({
      ...{ ledger, list, ...files, ...common, bootId, firstOrigin: identity.origin },
    });
    if (epoch.opened !== undefined) world.coverage.saw(`epoch at start: ${epoch.opened.reason}`);
    const core = new LedgerCore(ledger.openStore(), {
      ...{ clock: process.clock, bootId, clockSource: 'system', randomBytes: dice.bytes },
      origin: epoch.origin,
    });
    this.#parts = this.#wire(process, { core, list, ledger });
  }

  #wire(
    process: SimProcess,
    inner: { core: LedgerCore; list: CarryList; ledger: MemoryLedger },
  ): Parts {
    const { core, list, ledger: access } = inner;
    const { schedule, clock } = process;
    const openReader = (): LedgerReader => access.openReader();
    const ledger = new SimLedger({
      ...{ core, schedule, onFatal: process.failed },
      onCommit: (tip) => {
        process.schedule(() => this.#committed(openReader, tip), 0);
      },
    });
    const keeper = new EpochKeeper({
      ...{ ledger, openReader, list, clock, schedule, hqHeadFile: HQ_HEAD, disk: this.disk },
      ...{ privateKey: this.identity.privateKey, randomBytes: this.dice.bytes },
      signal: new AbortController().signal,
      onCarried: () => this.world.coverage.saw('tail carried'),
      onCrowded: () => this.world.coverage.saw('too many epochs'),
      onEpoch: ({ reason }) => this.world.coverage.saw(`epoch while running: ${reason}`),
    });
    const anchors = new AnchorWriter({ ledger, reader: openReader(), clock });
    const uplink = this.#uplink(process, { openReader, keeper, anchors });
    const recovery = this.#recovery(process, { openReader, ledger, list, keeper, uplink });
    keeper.resume().catch(process.failed);
    uplink.signTip();
    uplink.start();
    recovery.run().catch(process.failed);
    keeper.onDoubt(() => {
      recovery.run().catch(process.failed);
    });
    return { ledger, keeper, uplink, list, recovery };
  }

  #uplink(
    process: SimProcess,
    parts: { openReader: () => LedgerReader; keeper: EpochKeeper; anchors: AnchorWriter },
  ): Uplink {
    const { disk, dice, identity, world } = this;
    const log = parts.openReader();
    const twins = new TwinBook(`${DATA}/twins.json`, disk);
    const alarms = { raise: () => (world.coverage.saw('a second copy is told of'), true) };
    const fetch = (origin: string): void => {
      parts.keeper.fetch(origin).catch(process.failed);
    };
    return new Uplink({
      ...{ log, earlierLogs: earlierEpochs(log).map(({ epoch }) => log.ofEpoch(epoch)) },
      ...{ privateKey: identity.privateKey, enrolment: identity.enrolment, limits: UNLIMITED },
      ...{ disk, signedHeadFile: SIGNED_HEAD, hqHeadFile: HQ_HEAD },
      ...{ clock: process.clock, schedule: process.schedule, random: dice.next },
      connect: world.network.connector(process),
      writeFile: (path, content) => {
        writeFileAtomicallySync(path, content, { disk });
        if (path === SIGNED_HEAD) world.oracle.notes.saw(this.signer, content);
      },
      onEvent: (event) => {
        if (event.type === 'acknowledged') {
          parts.anchors.acknowledged(event).catch(process.failed);
          return;
        }
        if (event.type !== 'problem') world.coverage.saw(`uplink: ${event.type}`);
        world.trace.add(`${this.name} ${JSON.stringify(event)}`);
        if (tellOfSecondCopy(event, { twins, alarms, fetch })) return;
        parts.keeper.uplinkEvent(event).catch(process.failed);
      },
      onChange: () => undefined,
    });
  }

  #recovery(
    process: SimProcess,
    parts: Omit<Parts, 'recovery'> & { openReader: () => LedgerReader },
  ): Recovery {
    const { openReader, ledger, list, keeper, uplink } = parts;
    const { coverage } = this.world;
    return new Recovery({
      ...{ ledger, openReader, list, schedule: process.schedule },
      signal: new AbortController().signal,
      fetch: fetchInTurn(uplink),
      onEntries: () => Promise.resolve(),
      onFork: (origin, fork) => {
        coverage.saw('fork found, carried from there');
        return keeper.forkedAt(origin, fork);
      },
      onContradiction: (origin) => {
        coverage.saw('headquarters contradicts what it sent back');
        return keeper.forkedAt(origin, 0);
      },
      onDone: ({ origin, returned, duplicates }) => {
        if (returned > 0) coverage.saw('lost entries came back');
        if (duplicates > 0) coverage.saw('came back and was sold again');
        if (returned === 0) return;
        const place = earlierEpochs(openReader()).find((known) => known.origin === origin);
        if (place !== undefined) uplink.offer(openReader().ofEpoch(place.epoch));
      },
    });
  }

  #committed(openReader: () => LedgerReader, tip: LedgerTip): void {
    const parts = this.#parts;
    if (parts === undefined) return;
    const { uplink, recovery } = parts;
    if (uplink.status().origin === tip.origin) {
      uplink.committed(tip.size);
      return;
    }
    uplink.beginEpoch(openReader().ofEpoch(tip.epoch));
    recovery.run().catch((error: unknown) => this.process?.failed(error));
  }

  #answer(parts: Parts, till: Till, given: { bytes: Uint8Array; answer: Answer }): void {
    const { bytes, answer } = given;
    const { lineage } = this;
    for (const alarm of answer.alarms ?? []) {
      this.world.coverage.saw('till holds a lost answer');
      parts.keeper.deviceAlarm(alarm).catch((error: unknown) => this.process?.failed(error));
    }
    const text = Buffer.from(answer.payload).toString('utf8');
    const { outcome, index } = answer;
    this.world.trace.add(`${this.name} answers ${outcome} ${index}`);
    this.world.time.after(LAN_MS, () => {
      till.answer(bytes, lineage, text);
    });
  }

  protected wentDown(isPowerCut: boolean): void {
    this.#parts = undefined;
    const { bug } = this.world;
    const isLost = bug === 'answerBeforeCommit' || (bug === 'dropFsync' && isPowerCut);
    if (!isLost || this.#durable === undefined) return;
    this.ledger = this.#durable;
    this.#history.forget();
  }

  #openLedger(process: SimProcess): MemoryLedger {
    const ledger = new MemoryLedger(
      {
        beforeCommit: () => {
          const fault = this.meetsBoundary(process);
          if (fault === undefined) return;
          throw 'errno' in fault && fault.errno === 'ENOSPC'
            ? new TillgateError('LEDGER_DISK_FULL', 'No space.', { retryable: true })
            : new TillgateError('LEDGER_IO', 'The disk failed.');
        },
        afterCommit: () => {
          this.#history.record(ledger.view);
          this.#syncOrNot(process, ledger);
          process.boundary();
        },
      },
      this.ledger,
    );
    const { bug } = this.world;
    ledger.alter = (draft) => {
      if (bug === 'claimOnRejection') return claimingOnRejection(draft);
      if (this.#laterEntries.length === 0 || !isNote(draft.leaf)) return draft;
      return asLaterEntry(draft, this.#laterEntries.shift() === true);
    };
    this.#durable = new MemoryLedger({}, ledger);
    return ledger;
  }

  /** Only the deliberate bugs make a difference between committed and durable. */
  #syncOrNot(process: SimProcess, ledger: MemoryLedger): void {
    const { bug } = this.world;
    this.#commits += 1;
    if (bug === 'dropFsync' && this.#commits % SYNC_EVERY === 0) {
      this.#durable = new MemoryLedger({}, ledger);
    }
    if (bug !== 'answerBeforeCommit') return;
    const committed = new MemoryLedger({}, ledger);
    process.schedule(() => {
      this.#durable = committed;
    }, EARLY_MS);
  }

  #claim({ judgement }: Submission): string | undefined {
    if (judgement.verdict !== 'acceptable') return undefined;
    const claim = this.ledger?.view.claim(judgement.transactionId);
    return claim && JSON.stringify(claim);
  }

  #checkNothingKept(submission: Submission, claimed: string | undefined): void {
    if (this.#claim(submission) === claimed) return;
    this.world.oracle.violated('unavailable', `${this.name} kept what it said it did not`);
  }
}

export type GatewayCopy = { disk: SimulatedDisk; ledger: MemoryLedger | undefined };
