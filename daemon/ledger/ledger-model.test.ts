/**
 * Goal: whatever is submitted, resubmitted and killed in between, accepted stays accepted with the
 * same index, entries never change, nothing is booked twice and nothing answered is lost.
 * Method: fast-check drives both stores with the same commands; a crash drops the store and opens it
 * again, in the middle of a transaction (before its commit) or after it (before the answers went
 * out). The oracle is a map of what was answered and a naive Merkle tree.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { join } from 'node:path';
import t from 'tap';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { leafHash, rootAt } from '../../protocol/log/merkle.ts';
import { must } from '../../protocol/must.ts';
import type { Command } from './commands.ts';
import type { LedgerCore } from './ledger-core.ts';
import { freshFolder, newCore, refused, sale } from './ledger-fixtures.ts';
import type { LedgerStore } from './ledger-port.ts';
import { MemoryStore } from './memory-store.ts';
import { naiveRoot } from './naive-root.ts';
import { SqliteStore } from './sqlite-store.ts';

type Crash = 'beforeCommit' | 'afterCommit';
type Step =
  { type: 'run'; commands: Command[] } | { type: 'crash'; at: Crash; commands: Command[] };

/** A store that can be killed inside a transaction and opened again. */
interface Killable {
  open(): LedgerStore;
  /** Runs the commands into the crash; the store is unusable afterwards. */
  crashIn(core: LedgerCore, commands: Command[], at: Crash): void;
  end(): void;
}

class Killed extends Error {}

function killableMemory(): Killable {
  let crashAt: Crash | undefined;
  const crashNow = (at: Crash) => (): void => {
    if (crashAt === at) throw new Killed();
  };
  const faults = { beforeCommit: crashNow('beforeCommit'), afterCommit: crashNow('afterCommit') };
  let store = new MemoryStore(faults);
  return {
    open: () => {
      crashAt = undefined;
      return (store = store.crash(faults));
    },
    crashIn: (core, commands, at) => {
      crashAt = at;
      runIntoCrash(core, commands);
    },
    end: () => undefined,
  };
}

function killableSqlite(): Killable {
  const folder = freshFolder();
  const path = join(folder.path, 'ledger.db');
  let store: SqliteStore | undefined;
  let dies = false;
  return {
    open: () => {
      store?.close();
      dies = false;
      const opened = (store = new SqliteStore(path));
      return {
        view: opened.view,
        transact: (work) =>
          opened.transact((transaction) => {
            const result = work(transaction);
            if (dies) throw new Killed();
            return result;
          }),
        close: () => opened.close(),
      };
    },
    crashIn: (core, commands, at) => {
      dies = at === 'beforeCommit';
      runIntoCrash(core, commands);
    },
    end: () => {
      store?.close();
      folder.remove();
    },
  };
}

function runIntoCrash(core: LedgerCore, commands: Command[]): void {
  try {
    core.run(commands);
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
}

const command = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.nat(8), fc.nat(1)).map(bookable) },
  { weight: 2, arbitrary: fc.nat(4).map((at): Command => refused(`${at}`)) },
  { weight: 1, arbitrary: fc.constant<Command>({ type: 'append', kind: 'note', members: {} }) },
);

function bookable([name, content]: [number, number]): Command {
  return sale(`${name}`, { content: `content ${content}`, deviceId: `till-${name % 3}` });
}

const commands = fc.array(command, { minLength: 1, maxLength: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: commands.map((list): Step => ({ type: 'run', commands: list })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(commands, fc.constantFrom<Crash>('beforeCommit', 'afterCommit'))
      .map(([list, at]): Step => ({ type: 'crash', at, commands: list })),
  },
);

class Oracle {
  /** By what was submitted: the answer's text, the first time it was given. */
  readonly #answers = new Map<string, string>();
  readonly #leaves: Buffer[] = [];
  readonly #booked = new Map<string, number>();

  answered(submitted: Command, text: string): void {
    if (submitted.type !== 'submission') return;
    const key = `${submitted.deviceId} ${Buffer.from(submitted.body).toString()}`;
    const first = this.#answers.get(key);
    if (first === undefined) this.#answers.set(key, text);
    else assert.equal(text, first, 'the same submission has one answer for ever');
  }

  check(core: LedgerCore): void {
    const { size } = core.tip();
    assert.ok(size >= this.#leaves.length, 'the log never gets shorter');
    for (let index = 0; index < size; index += 1) {
      const leaf = Buffer.from(must(core.view.leaf({ epoch: 1, index }), 'no hole'));
      const before = this.#leaves[index];
      if (before !== undefined) assert.ok(before.equals(leaf), 'an entry never changes');
      else this.#newLeaf(index, leaf);
    }
    const root = rootAt(size, core.view.nodes(1));
    const naive = naiveRoot(this.#leaves.map((leaf) => leafHash(leaf)));
    assert.ok(Buffer.from(naive).equals(root), 'the root is that of all leaves');
  }

  #newLeaf(index: number, leaf: Buffer): void {
    const { header } = decodeEntry(leaf);
    assert.equal(header.index, index);
    this.#leaves.push(leaf);
    if (header.kind !== 'transaction') return;
    const id = header['transactionId'] as string;
    assert.ok(!this.#booked.has(id), 'a transactionId is booked once');
    this.#booked.set(id, index);
  }
}

function play(steps: readonly Step[], killable: Killable): void {
  const oracle = new Oracle();
  let core = newCore(killable.open());
  for (const next of steps) {
    if (next.type === 'crash') {
      killable.crashIn(core, next.commands, next.at);
      core = newCore(killable.open());
    } else {
      core.run(next.commands).forEach((outcome, at) => {
        if (outcome instanceof Error) throw outcome;
        oracle.answered(must(next.commands[at], 'as many'), outcome.text);
      });
    }
    oracle.check(core);
  }
}

for (const [name, make, runs] of [
  ['memory', killableMemory, 150],
  ['sqlite', killableSqlite, 25],
] as const) {
  void t.test(`${name}: the ledger keeps its promises over crashes`, (t) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const killable = make();
        try {
          play(steps, killable);
        } finally {
          killable.end();
        }
      }),
      { numRuns: runs },
    );
    t.pass('no counter-example');
    t.end();
  });
}
