/**
 * A gateway's ledger in a run: the in-memory store behind the way the product reaches a ledger. A
 * commit is durable at once, as with `synchronous=FULL`; before and after it the process may die,
 * and the disk may have no room for it or fail.
 */
import { TillgateError } from '../../protocol/errors.ts';
import { must } from '../../protocol/must.ts';
import { onceKey } from '../../daemon/ledger/answer-keys.ts';
import type { LedgerAccess } from '../../daemon/ledger/ledger-access.ts';
import type {
  EntryDraft,
  LedgerStore,
  LedgerTransaction,
  LedgerView,
  Writes,
} from '../../daemon/ledger/ledger-port.ts';
import { MemoryStore, type MemoryFaults } from '../../daemon/ledger/memory-store.ts';
import type { LedgerEntry, LedgerReader, StoredLedgerEntry } from '../../daemon/ledger/reader.ts';

export class MemoryLedger implements LedgerAccess {
  readonly #store: MemoryStore;
  /** What a later release, or a mistake, would make of an entry that is being written. */
  alter: (draft: EntryDraft) => EntryDraft = (draft) => draft;

  constructor(faults: MemoryFaults, before?: MemoryLedger) {
    this.#store = before === undefined ? new MemoryStore(faults) : before.#store.crash(faults);
  }

  get view(): LedgerView {
    return this.#store.view;
  }

  settle(): void {
    // One transaction is one step here; nothing is ever cut off in between.
  }

  openStore(): LedgerStore {
    const store = this.#store;
    return {
      get view() {
        return store.view;
      },
      transact: (work) => store.transact((transaction) => work(this.#altering(transaction))),
      close: () => undefined,
    };
  }

  #altering(transaction: LedgerTransaction): LedgerTransaction {
    const write = (writes: Writes): void => {
      const entries = writes.entries.map((draft) => this.alter(draft));
      transaction.write({ ...writes, entries });
    };
    return new Proxy(transaction, {
      get: (target, name) => {
        if (name === 'write') return write;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  openReader(): LedgerReader {
    const newest = this.view.current();
    if (newest === undefined) throw new TillgateError('LEDGER_MISSING', 'There is no entry yet.');
    return new ViewReader(this.#store, newest.epoch);
  }
}

class ViewReader implements LedgerReader {
  readonly origin: string;
  readonly epoch: number;
  readonly #store: MemoryStore;

  constructor(store: MemoryStore, epoch: number) {
    this.#store = store;
    this.epoch = epoch;
    this.origin = this.#info().origin;
  }

  size(): number {
    return this.#info().size;
  }

  readonly node: LedgerReader['node'] = (level, position) =>
    this.nodes(this.epoch)(level, position);

  *entries(start: number, end: number): Iterable<LedgerEntry> {
    for (let index = start; index < end; index += 1) {
      const leaf = this.entry(index);
      if (leaf === undefined) return;
      yield { index, leaf };
    }
  }

  storedEntries(): Iterable<StoredLedgerEntry> {
    throw new TillgateError('INTERNAL', 'Nothing in a simulation verifies stored hashes.');
  }

  entry(index: number): Uint8Array | undefined {
    return this.#store.view.leaf({ epoch: this.epoch, index });
  }

  blob(index: number): ReturnType<LedgerReader['blob']> {
    return this.#store.view.blob({ epoch: this.epoch, index });
  }

  findTransaction(transactionId: string): ReturnType<LedgerReader['findTransaction']> {
    return this.#store.view.claim(transactionId);
  }

  findOnce(name: string): ReturnType<LedgerReader['findOnce']> {
    return this.#store.view.earlierAnswer(onceKey(name));
  }

  get anchors(): LedgerReader['anchors'] {
    return this.#store.view.anchors;
  }

  get conflicts(): LedgerReader['conflicts'] {
    return this.#store.view.conflicts;
  }

  get jobs(): LedgerReader['jobs'] {
    return this.#store.view.jobs;
  }

  get rights(): LedgerReader['rights'] {
    return this.#store.view.rights;
  }

  returned(): ReturnType<LedgerReader['returned']> {
    return this.#store.view.returned();
  }

  epochs(): ReturnType<LedgerReader['epochs']> {
    return this.#store.view.epochs();
  }

  nodes(epoch: number): ReturnType<LedgerReader['nodes']> {
    return this.#store.view.nodes(epoch);
  }

  ofEpoch(epoch: number): LedgerReader {
    return new ViewReader(this.#store, epoch);
  }

  close(): void {
    // The view belongs to the store.
  }

  #info(): { origin: string; size: number } {
    const { view } = this.#store;
    const places = [...view.epochs(), ...view.returned()];
    const info = places.find(({ epoch }) => epoch === this.epoch);
    return must(info, 'the epoch that is read is one of the ledger');
  }
}
