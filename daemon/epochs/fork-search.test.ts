/**
 * Goal: the first entry that differs is found wherever it is, with few questions, and a headquarters
 * that changes its mind meanwhile leads nowhere wrong. Method: two logs in memory with one beginning.
 */
import t from 'tap';
import { frontierAt, hashesEqual, leafHash } from '../../protocol/log/merkle.ts';
import { must } from '../../protocol/must.ts';
import { SampleLog } from '../../protocol/replication/fixtures/sample-log.ts';
import type { FetchRequest, FetchResult } from '../uplink/fetch-result.ts';
import { findFork } from './fork-search.ts';

/** An answer has so many entries at most. */
const ANSWER_ENTRIES = 7;

function logOf(common: number, own: number, text: string): SampleLog {
  const log = new SampleLog();
  log.appendMany(common);
  log.appendMany(own, text);
  return log;
}

/** What headquarters says to the question, with `hq` in its custody. */
function answer(hq: SampleLog, { start, frontier }: FetchRequest): FetchResult {
  if (start >= hq.size) return { type: 'end', size: hq.size, root: hq.root() };
  const theirs = frontierAt(start, hq.node);
  if (!theirs.every((node, at) => hashesEqual(node, must(frontier[at], 'as many'))))
    return { type: 'unfit' };
  const leaves = hq.leaves.slice(start, start + ANSWER_ENTRIES);
  const entries = leaves.map((leaf, at) => ({ index: start + at, leaf, leafHash: leafHash(leaf) }));
  return { type: 'entries', entries, hqSize: hq.size };
}

async function search(own: SampleLog, from: number, answers: (nth: number) => SampleLog) {
  let questions = 0;
  let waits = 0;
  const found = await findFork({
    log: {
      origin: own.origin,
      size: () => own.size,
      node: own.node,
      entry: (index) => own.leaves[index],
    },
    from,
    fetch: (request) => Promise.resolve(answer(answers(questions++), request)),
    signal: new AbortController().signal,
    nonsense: () => {
      waits += 1;
      return Promise.resolve();
    },
  });
  return { found, questions, waits };
}

void t.test('the fork is found wherever it lies', async (t) => {
  for (const fork of [0, 1, 2, 31, 32, 33, 63, 99]) {
    for (const theirs of [1, 40, 150]) {
      const own = logOf(fork, 100 - fork, 'own');
      const hq = logOf(fork, theirs, 'hq');
      const from = Math.min(own.size, hq.size);
      const { found, questions } = await search(own, from, () => hq);
      t.equal(found?.fork, fork, `at ${fork} with ${theirs} of theirs`);
      t.same(found?.entries[0]?.leaf, hq.leaves[fork]);
      // Doubling steps back, and answers of a few entries forward again.
      const steps = 2 + Math.log2(100 - fork + 1);
      t.ok(questions <= steps + 128 / ANSWER_ENTRIES, `${questions} questions`);
    }
  }
});

void t.test('a log that only goes on at headquarters forks where the own one ends', async (t) => {
  const { found } = await search(logOf(20, 0, ''), 20, () => logOf(20, 5, 'hq'));
  t.match(found, { fork: 20, entries: [{ index: 20 }] });
});

void t.test('a headquarters that went back meanwhile has no fork any more', async (t) => {
  const own = logOf(50, 10, 'own');
  const { found } = await search(own, 60, (nth) =>
    nth === 0 ? logOf(50, 20, 'hq') : logOf(30, 0, ''),
  );
  t.equal(found, undefined);
});

void t.test('it may go back to less and still differ there', async (t) => {
  const own = logOf(10, 50, 'own');
  const later = logOf(10, 5, 'hq');
  const { found } = await search(own, 60, (nth) => (nth === 0 ? logOf(10, 70, 'hq') : later));
  t.match(found, { fork: 10, entries: [{ leaf: later.leaves[10] }] });
});

void t.test('a stop ends the search', async (t) => {
  const own = logOf(0, 9, 'own');
  const stopped = await findFork({
    log: { origin: own.origin, size: () => 9, node: own.node, entry: (at) => own.leaves[at] },
    from: 9,
    fetch: () => Promise.resolve(undefined),
    signal: new AbortController().signal,
    nonsense: () => Promise.resolve(),
  });
  t.equal(stopped, undefined);
});
