/**
 * The tables of the ledger in memory. A transaction changes them in place and notes how to take each
 * change back, so it costs what it changes however much there is.
 */
import type { Hash } from '../../protocol/log/merkle.ts';
import type {
  CodeUse,
  GrantRow,
  RequestRow,
  ReservationRow,
  RightsState,
} from '../../protocol/rights/rights-view.ts';
import type { JobRow } from './job-row.ts';
import type {
  Anchor,
  Blob,
  DeviceState,
  EntryRef,
  EpochInfo,
  KnownTerms,
  ReturnedInfo,
} from './ledger-port.ts';

export interface MemoryRow {
  readonly hashes: readonly Hash[];
  readonly leaf: Uint8Array;
}

export interface StoredJob {
  readonly row: JobRow;
  readonly request: string | undefined;
}

/** The rows of rights; a value is replaced, never changed. */
export interface MemoryRights {
  /** By pool. */
  readonly grants: Map<string, readonly GrantRow[]>;
  readonly terms: Map<string, KnownTerms>;
  /** By coupon, then by code. */
  readonly uses: Map<string, ReadonlyMap<string, CodeUse>>;
  readonly reservations: Map<string, ReservationRow>;
  readonly requests: Map<string, RequestRow>;
  /** One row or none. */
  readonly state: Map<'state', RightsState>;
}

/** Steps that take changes back, in the order the changes were made. */
export type Undo = (() => void)[];

/** A map that notes how to take back what it is told, while somebody wants to know. */
class UndoMap<K, V extends object | true> extends Map<K, V> {
  undo: Undo | undefined;

  override delete(key: K): boolean {
    const before = this.get(key);
    if (before !== undefined) this.undo?.push(() => void super.set(key, before));
    return super.delete(key);
  }

  override set(key: K, value: V): this {
    const before = this.get(key);
    this.undo?.push(() => {
      if (before === undefined) super.delete(key);
      else super.set(key, before);
    });
    return super.set(key, value);
  }
}

type UndoMapOf<M> = M extends Map<infer K, infer V extends object> ? UndoMap<K, V> : never;

export class MemoryTables {
  readonly entries: UndoMap<number, MemoryRow>;
  readonly claims: UndoMap<string, EntryRef>;
  readonly answers: UndoMap<string, EntryRef>;
  readonly blobs: UndoMap<number, Blob>;
  readonly devices: UndoMap<string, DeviceState>;
  readonly missing: UndoMap<string, true>;
  /** By their number, which grows. */
  readonly jobs: UndoMap<number, StoredJob>;
  readonly rights: { readonly [Name in keyof MemoryRights]: UndoMapOf<MemoryRights[Name]> };
  /** Only ever longer. */
  readonly anchors: Anchor[];
  readonly conflicts: EntryRef[];
  /** A few each: copied where they change. */
  epochs: EpochInfo[];
  returned: ReturnedInfo[];

  /** Copies `from`; its rows never change and are shared. */
  constructor(from?: MemoryTables) {
    this.entries = new UndoMap(from?.entries);
    this.claims = new UndoMap(from?.claims);
    this.answers = new UndoMap(from?.answers);
    this.blobs = new UndoMap(from?.blobs);
    this.devices = new UndoMap(from?.devices);
    this.missing = new UndoMap(from?.missing);
    this.jobs = new UndoMap(from?.jobs);
    this.rights = {
      grants: new UndoMap(from?.rights.grants),
      terms: new UndoMap(from?.rights.terms),
      uses: new UndoMap(from?.rights.uses),
      reservations: new UndoMap(from?.rights.reservations),
      requests: new UndoMap(from?.rights.requests),
      state: new UndoMap(from?.rights.state),
    };
    this.anchors = [...(from?.anchors ?? [])];
    this.conflicts = [...(from?.conflicts ?? [])];
    this.epochs = [...(from?.epochs ?? [])];
    this.returned = [...(from?.returned ?? [])];
  }

  /** Runs `work`, and tells how to take back what it changed; takes it back where it throws. */
  noting<T>(work: () => T): { result: T; undo: Undo } {
    const { epochs, returned } = this;
    const anchorCount = this.anchors.length;
    const conflictCount = this.conflicts.length;
    const undo: Undo = [
      () => {
        this.anchors.length = anchorCount;
        this.conflicts.length = conflictCount;
        this.epochs = epochs;
        this.returned = returned;
      },
    ];
    this.epochs = [...epochs];
    this.returned = [...returned];
    this.#note(undo);
    try {
      return { result: work(), undo };
    } catch (error) {
      takeBack(undo);
      throw error;
    } finally {
      this.#note(undefined);
    }
  }

  #note(undo: Undo | undefined): void {
    for (const map of [this.entries, this.claims, this.answers]) map.undo = undo;
    for (const map of [this.blobs, this.devices, this.missing]) map.undo = undo;
    this.jobs.undo = undo;
    for (const map of Object.values(this.rights)) map.undo = undo;
  }
}

export function takeBack(undo: Undo): void {
  for (const step of undo.toReversed()) step();
}
