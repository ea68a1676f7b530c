/**
 * Which entry claims a transactionId. Random ids would dirty one page of a large B-tree each, so new
 * claims first go to the end of a small table in order of arrival, and move to the large one in
 * order of their ids, some with each commit: neighbours then share a page.
 *
 *   recent   (entry, id)   all claims that came since the last run began; in memory by id, too
 *   claims   (id → entry)  everything older
 *
 * A run takes the recent claims as they are, sorts them and moves them slice by slice; its rows leave
 * `recent` when the run is complete. A claim may stand in both tables meanwhile, with one meaning, so
 * a crash at any point costs nothing but moving the same claims again.
 */
import type Database from 'better-sqlite3';
import { uuidBytes, uuidText } from '../../protocol/ids.ts';
import { must } from '../../protocol/must.ts';

/** Claims that gather before a run begins: at a million old ones about eight then share a page. */
const RUN_CLAIMS = 32_768;
/** A run moves twice as fast as new claims come, so it is always done before the next one. */
const MOVES_PER_CLAIM = 2;
/** So that a run also ends when little is sold. */
const MOVES_MIN = 16;

/** 32 bits of an id and a position below this are exact in a double. */
const POSITIONS = 2 ** 20;

interface Run {
  /** [transactionId, entry], neighbours together. */
  readonly sorted: readonly (readonly [string, number])[];
  readonly lastEntry: number;
  readonly byId: ReadonlyMap<string, number>;
  readonly moved: number;
}

/** What a transaction that fails has to put back. */
export interface ClaimIndexState {
  readonly recent: Map<string, number>;
  readonly run: Run | undefined;
}

export class ClaimIndex {
  readonly #insertRecent: Database.Statement;
  readonly #insertClaim: Database.Statement;
  readonly #deleteRecent: Database.Statement;
  readonly #selectClaim: Database.Statement<unknown[], number>;
  #recent = new Map<string, number>();
  #run: Run | undefined;
  /** Added by the transaction that is open. */
  #added: string[] = [];

  readonly #runClaims: number;

  /** `runClaims` is for tests, which have no tens of thousands of sales. */
  constructor(database: Database.Database, runClaims = RUN_CLAIMS) {
    this.#runClaims = runClaims;
    this.#insertRecent = database.prepare('INSERT INTO recent VALUES (?, ?)');
    this.#insertClaim = database.prepare('INSERT OR IGNORE INTO claims VALUES (?, ?)');
    this.#deleteRecent = database.prepare('DELETE FROM recent WHERE entry <= ?');
    this.#selectClaim = database
      .prepare<unknown[], number>('SELECT entry FROM claims WHERE transaction_id = ?')
      .pluck();
    const rows = database.prepare<unknown[], { entry: number; transaction_id: Buffer }>(
      'SELECT entry, transaction_id FROM recent ORDER BY entry',
    );
    for (const { entry, transaction_id } of rows.iterate()) {
      this.#recent.set(uuidText(transaction_id), entry);
    }
  }

  find(transactionId: string): number | undefined {
    return (
      this.#recent.get(transactionId) ??
      this.#run?.byId.get(transactionId) ??
      this.#selectClaim.get(uuidBytes(transactionId))
    );
  }

  add(transactionId: string, entry: number): void {
    this.#insertRecent.run(entry, uuidBytes(transactionId));
    this.#recent.set(transactionId, entry);
    this.#added.push(transactionId);
  }

  /** A claim of an entry older than those that were added before, which are told apart by order. */
  addOld(transactionId: string, entry: number): void {
    this.#insertClaim.run(uuidBytes(transactionId), entry);
  }

  /** Before the commit: moves a slice of the run, begins or ends one. */
  flush(): void {
    if (this.#run === undefined) {
      if (this.#recent.size >= this.#runClaims) this.#beginRun();
    } else {
      this.#moveSlice(this.#run, Math.max(MOVES_MIN, this.#added.length * MOVES_PER_CLAIM));
    }
  }

  /** Before a transaction. */
  snapshot(): ClaimIndexState {
    this.#added = [];
    return { recent: this.#recent, run: this.#run };
  }

  /** After a transaction that was rolled back. */
  restore(before: ClaimIndexState): void {
    this.#recent = before.recent;
    this.#run = before.run;
    for (const transactionId of this.#added) this.#recent.delete(transactionId);
    this.#added = [];
  }

  #beginRun(): void {
    const sorted = nearlySorted([...this.#recent]);
    let lastEntry = 0;
    for (const [, entry] of sorted) lastEntry = Math.max(lastEntry, entry);
    this.#run = { sorted, lastEntry, byId: this.#recent, moved: 0 };
    this.#recent = new Map();
  }

  #moveSlice(run: Run, count: number): void {
    const end = Math.min(run.sorted.length, run.moved + count);
    for (const [transactionId, entry] of run.sorted.slice(run.moved, end)) {
      this.#insertClaim.run(uuidBytes(transactionId), entry);
    }
    if (end < run.sorted.length) {
      this.#run = { ...run, moved: end };
      return;
    }
    this.#deleteRecent.run(run.lastEntry);
    this.#run = undefined;
  }
}

/**
 * By the first 32 bits of the id, then by arrival: all it takes for neighbours to share a page, and
 * a sort of plain numbers takes 2 ms for a run where one of texts would hold up a commit for 60.
 */
function nearlySorted(
  claims: readonly (readonly [string, number])[],
): (readonly [string, number])[] {
  const keys = new Float64Array(claims.length);
  claims.forEach(([transactionId], at) => {
    keys[at] = Number.parseInt(transactionId.slice(0, 8), 16) * POSITIONS + at;
  });
  return Array.from(keys.sort(), (key) => must(claims[key % POSITIONS], 'a key holds a position'));
}
