/**
 * Goal: what HQ sends back gives a ledger that was rolled back its claims, answers and sequence
 * numbers again, and never moves what happened meanwhile. Method: two cores that are fed the same
 * commands with the same clock and salts, of which one goes on, and gives its tail to the other.
 */
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { leafHash, rootAt } from '../../protocol/log/merkle.ts';
import { must } from '../../protocol/must.ts';
import type { Command } from './commands.ts';
import type { LedgerCore } from './ledger-core.ts';
import { freshFolder, newCore, ORIGIN, refused, sale, uuid } from './ledger-fixtures.ts';
import { MemoryStore } from './memory-store.ts';
import type { ReturnedEntry } from './returned-entry.ts';
import type { LedgerStore } from './ledger-port.ts';
import { SqliteStore } from './sqlite-store.ts';

const SECOND = ORIGIN.replace('e1', 'e2-01234567');

function sqlite(t: Test): LedgerStore {
  const folder = freshFolder();
  const store = new SqliteStore(join(folder.path, 'ledger.db'));
  t.teardown(() => {
    store.close();
    folder.remove();
  });
  return store;
}

const ask = (core: LedgerCore, ...commands: Command[]): string[] =>
  core.run(commands).map((outcome) => ('text' in outcome ? outcome.text : outcome.message));

const sequenced = (name: string, sequenceNumber: number): Command => {
  const body = Buffer.from(JSON.stringify({ transactionId: uuid(name), sequenceNumber }));
  return sale(name, { sequenceNumber, body });
};

const before = (): Command[] => [sequenced('a', 1), sequenced('b', 2)];

/** The gateway as it was, with all that the rolled-back one lacks. */
function original(): { core: LedgerCore; answers: string[]; tail: Command[] } {
  const core = newCore(new MemoryStore());
  ask(core, ...before());
  const tail = [
    sequenced('c', 3),
    refused('r'),
    sale('a', { content: 'other' }),
    sale('big', { body: Buffer.alloc(40_000, 'x') }),
    sequenced('d', 4),
  ];
  return { core, answers: ask(core, ...tail), tail };
}

function entriesOf(core: LedgerCore, start: number, epoch = 1): ReturnedEntry[] {
  const entries: ReturnedEntry[] = [];
  for (let index = start; ; index++) {
    const leaf = core.view.leaf({ epoch, index });
    if (leaf === undefined) return entries;
    const blob = core.view.blob({ epoch, index });
    entries.push({ leaf, leafHash: leafHash(leaf), ...(blob !== undefined && { blob }) });
  }
}

function headerAt(core: LedgerCore, index: number): Record<string, unknown> {
  const { epoch } = core.tip();
  return decodeEntry(must(core.view.leaf({ epoch, index }), 'the entry is there')).header;
}

for (const [name, make] of [
  ['memory', () => new MemoryStore()],
  ['sqlite', sqlite],
] as const) {
  /** Rolled back to the state before the tail, with its second epoch open. */
  const rolledBack = (t: Test): LedgerCore => {
    const core = newCore(make(t));
    ask(core, ...before());
    core.openEpoch({ origin: SECOND, reason: 'rolledBack', members: {} });
    return core;
  };

  void t.test(`${name}: the tail gives every answer again that was given first`, (t) => {
    const { core: was, answers, tail } = original();
    const core = rolledBack(t);
    const entries = entriesOf(was, 3);
    const slice = (from: number, to: number): object =>
      core.restore({ origin: ORIGIN, start: 3 + from, entries: entries.slice(from, to) });
    t.match(slice(0, 2), { size: 5, duplicates: 0, conflicts: 0 });
    t.match(slice(0, 4), { size: 7 }, 'what is here already is passed over');
    t.match(slice(4, 5), { size: 8 });
    t.match(slice(4, 5), { size: 8 });
    t.strictSame(
      Buffer.from(rootAt(8, core.view.nodes(1))),
      Buffer.from(rootAt(8, was.view.nodes(1))),
    );
    const { size } = core.tip();
    t.strictSame(ask(core, ...tail), answers, 'byte for byte');
    t.equal(core.tip().size, size, 'and nothing is written');
    ask(core, sequenced('e', 5));
    t.equal(headerAt(core, size)['sequenceGap'], undefined, 'the sequence goes on');
    const [, , , , , , blob] = entriesOf(core, 0);
    t.equal(blob?.blob?.bytes.length, 40_000);
    t.end();
  });

  void t.test(`${name}: a sale that came again before its first entry keeps its claim`, (t) => {
    const { core: was, tail } = original();
    const core = rolledBack(t);
    const [again] = ask(core, must(tail[0], 'a sale'));
    const other = sale('d', { content: 'something else' });
    const [elsewhere] = ask(core, other);
    const outcome = core.restore({ origin: ORIGIN, start: 3, entries: entriesOf(was, 3) });
    t.match(outcome, { duplicates: 1, conflicts: 1 });
    t.equal(core.tip().size, 5);
    const first = { origin: ORIGIN, index: 3 };
    t.match(headerAt(core, 3), {
      ...{ kind: 'audit', event: 'duplicateOf', transactionId: uuid('c') },
      ...{ duplicateOf: first, entry: { origin: SECOND, index: 1 } },
    });
    t.match(headerAt(core, 4), {
      ...{ kind: 'conflict', transactionId: uuid('d'), rule: 'firstInCustody' },
      ...{ claimedBy: { origin: SECOND, index: 2 }, returned: { origin: ORIGIN, index: 7 } },
    });
    t.strictSame(ask(core, must(tail[0], 'a sale'), other), [again, elsewhere]);
    t.end();
  });

  void t.test(`${name}: another branch stands beside the own entries`, (t) => {
    const { core: was, answers, tail } = original();
    const core = newCore(make(t));
    ask(core, ...before());
    const [own] = ask(core, sequenced('own', 3));
    core.openEpoch({ origin: SECOND, reason: 'fork', members: {} });
    core.restore({ origin: ORIGIN, start: 3, entries: entriesOf(was, 3) });
    t.match(core.view.epochs(), [{ size: 4 }, { size: 1 }]);
    t.match(core.view.returned(), [{ origin: ORIGIN, of: 1, base: 3, size: 8 }]);
    t.strictSame(ask(core, ...tail), answers);
    t.strictSame(ask(core, sequenced('own', 3)), [own]);
    const branch = must(core.view.returned()[0], 'a place').epoch;
    t.strictSame(
      Buffer.from(rootAt(8, core.view.nodes(branch))),
      Buffer.from(rootAt(8, was.view.nodes(1))),
    );
    const lastResult = JSON.parse(must(answers[0], 'an answer')) as never;
    const [outcome] = core.run([sale('later', { lastResult })]);
    t.equal(
      must(outcome as { alarms?: unknown }, 'an answer').alarms,
      undefined,
      'no alarm for it',
    );
    t.end();
  });

  void t.test(`${name}: a carried sale answers for the entry it was carried from`, (t) => {
    const core = newCore(make(t));
    const lost = ORIGIN.replace('e1', 'e0-00000001');
    core.openEpoch({ origin: SECOND, reason: 'ledgerLost', members: {} });
    const from = { origin: lost, index: 77, leafHash: 'aGFzaA==', recordedAt: 'then' };
    const was = newCore(new MemoryStore());
    const body = Buffer.from('{}');
    const { judgement } = sale('carried') as { judgement: { contentHash: Uint8Array } };
    const contentHash = Buffer.from(judgement.contentHash).toString('base64');
    const members = { carriedFrom: from, transactionId: uuid('carried'), contentHash };
    was.run([{ type: 'append', kind: 'transaction', members, body }]);
    const entries = entriesOf(was, 0);
    core.restore({ origin: ORIGIN.replace('e1', 'e5-00000002'), start: 0, entries });
    const [text] = ask(core, sale('carried'));
    t.match(JSON.parse(text ?? ''), { outcome: 'accepted', ...from });
    t.end();
  });
}
