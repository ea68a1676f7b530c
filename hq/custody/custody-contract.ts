/**
 * What every custody must do, as one suite of tests for whoever implements the interface. Not part
 * of the product.
 */
import type { Test } from 'tap';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  verifyConsistency,
  verifyInclusion,
} from '../../protocol/log/merkle.ts';
import type { AppendOutcome, CustodyReader, IndexedEntry } from './custody.ts';
import { EVIDENCE_PER_ORIGIN_MAX } from './custody.ts';
import { admitSample, keepSample, sample, sampleAppend, sampleBlob } from './contract-samples.ts';
import type { CustodyUnderTest } from './contract-samples.ts';
import { foreignCursors, lives } from './lives-contract.ts';
import { overNodes } from './merkle-reads.ts';

async function readAll(reader: CustodyReader, origin: string): Promise<IndexedEntry[]> {
  const head = await reader.head(origin);
  const entries: IndexedEntry[] = [];
  for await (const entry of reader.entries(origin, 0, head?.size ?? 0)) entries.push(entry);
  return entries;
}

/** Runs the suite; `make` gives an empty custody for each test. */
export function testCustody(
  t: Test,
  name: string,
  make: (t: Test) => CustodyUnderTest | Promise<CustodyUnderTest>,
): void {
  const each = (title: string, body: (t: Test, c: CustodyUnderTest) => Promise<void>): void => {
    void t.test(`${name}: ${title}`, async (t) => body(t, await make(t)));
  };
  each('an admitted log starts empty and keeps its key', admits);
  each('what was appended is there after a new start, byte for byte', survives);
  each('an append to another head than the one held is stale and writes nothing', compares);
  each('proofs of every entry and size verify', proves);
  each('appends of many logs at once all stand', groups);
  each('blobs, evidence and cosigned heads are kept', keepsTheRest);
  each('a new life is kept, and the cursor goes on through it', lives);
  each('a cursor that another custody wrote is not covered', foreignCursors);
  each('the tail gives every entry once, in custody order', tails);
}

async function admits(t: Test, c: CustodyUnderTest): Promise<void> {
  const custody = await c.open();
  const log = sample(1);
  await admitSample(custody, log);
  await admitSample(custody, log);
  t.match(await custody.heads(), [{ origin: log.origin, size: 0, checkpoint: null }]);
  const other = { origin: log.origin, logVkey: sample(0, 'x/y').signer.vkey, note: '' };
  await t.rejects(custody.admit(other), { code: 'HQ_ADMISSION_CONFLICT' });
  t.match(await custody.admissions(), [{ origin: log.origin, note: 'admitted\n' }]);
  t.equal((await custody.admissions()).length, 1);
  t.equal(await custody.head('nobody'), undefined);
  await custody.close();
}

async function survives(t: Test, c: CustodyUnderTest): Promise<void> {
  const log = sample(21);
  log.append(Buffer.alloc(65_535, 7));
  log.appendMany(3);
  const first = await c.open();
  await admitSample(first, log);
  await keepSample(first, log, [1, 2, 8, 20, 25]);
  const { incarnation } = first;
  await first.close();
  const custody = await c.open();
  t.equal(custody.incarnation, incarnation);
  const head = await custody.head(log.origin);
  t.match(head, { size: 25, checkpoint: log.note() });
  t.same(Buffer.from(head?.root ?? []), Buffer.from(log.root()));
  const entries = await readAll(custody, log.origin);
  t.same(
    entries.map(({ index, leaf }) => [index, Buffer.from(leaf)]),
    log.leaves.map((leaf, index) => [index, Buffer.from(leaf)]),
  );
  t.same(
    entries.map(({ nodes }) => nodes.map((node) => Buffer.from(node))),
    sampleAppend(log, 0, 25).entries.map(({ nodes }) => nodes.map((node) => Buffer.from(node))),
  );
  t.same((await custody.entry(log.origin, 21))?.leaf.length, 65_535);
  t.equal(await custody.entry(log.origin, 25), undefined);
  await custody.close();
}

async function compares(t: Test, c: CustodyUnderTest): Promise<void> {
  const log = sample(6);
  const fork = sample(2);
  fork.appendMany(4, 'other');
  const custody = await c.open();
  await admitSample(custody, log);
  await keepSample(custody, log, [3]);
  const wrong = [sampleAppend(log, 0, 3), sampleAppend(fork, 3, 6), sampleAppend(log, 4, 6)];
  for (const append of wrong) {
    t.match(await custody.append(append), { verdict: 'stale', head: { size: 3 } });
  }
  const outcome: AppendOutcome = await custody.append(sampleAppend(log, 3, 6));
  t.match(outcome, { verdict: 'appended', head: { size: 6 } });
  t.equal((await readAll(custody, log.origin)).length, 6);
  await custody.close();
}

async function proves(t: Test, c: CustodyUnderTest): Promise<void> {
  const log = sample(19);
  const custody = await c.open();
  await admitSample(custody, log);
  await keepSample(custody, log, [5, 6, 13, 19]);
  const root = log.root();
  for (const [index, leaf] of log.leaves.entries()) {
    const proof = await overNodes(custody, log.origin, (read) => inclusionProof(index, 19, read));
    const claim = { index, size: 19, leafHash: leafHash(leaf), proof, root };
    t.ok(verifyInclusion(claim), `entry ${index}`);
    const first = index + 1;
    const between = await overNodes(custody, log.origin, (read) =>
      consistencyProof(first, 19, read),
    );
    const roots = { firstRoot: log.root(first), secondRoot: root, proof: between };
    t.ok(verifyConsistency({ first, second: 19, ...roots }), `size ${first}`);
  }
  await custody.close();
}

async function groups(t: Test, c: CustodyUnderTest): Promise<void> {
  const custody = await c.open();
  const logs = Array.from({ length: 12 }, (_, i) => sample(9, `d/c/s${i}/g1/e1`));
  await Promise.all(logs.map((log) => admitSample(custody, log)));
  await Promise.all(logs.map((log) => custody.append(sampleAppend(log, 0, 4))));
  // Two at once on one log: the second extends what the first leaves behind.
  const outcomes = logs.flatMap((log) => [
    custody.append(sampleAppend(log, 4, 5)),
    custody.append(sampleAppend(log, 5, 9)),
  ]);
  for (const { verdict } of await Promise.all(outcomes)) t.equal(verdict, 'appended');
  await custody.close();
  const reader = await c.openReader();
  for (const log of logs) t.equal((await readAll(reader, log.origin)).length, 9);
  await reader.close();
}

async function keepsTheRest(t: Test, c: CustodyUnderTest): Promise<void> {
  const log = sample(3);
  const first = await c.open();
  await admitSample(first, log);
  await keepSample(first, log, [3]);
  const blob = sampleBlob(Buffer.alloc(100_000, 2));
  await first.keepBlob(log.origin, 7, sampleBlob(Buffer.alloc(100_000, 9)));
  await first.keepBlob(log.origin, 7, blob);
  await first.keepCosigned(log.origin, 'cosigned\n');
  for (let i = 0; i < EVIDENCE_PER_ORIGIN_MAX + 1; i++) {
    const { origin } = log;
    const kept = await first.keepEvidence({ origin, held: 'a', claimed: 'b', recordedAtMs: i });
    t.equal(kept, i < EVIDENCE_PER_ORIGIN_MAX);
  }
  await first.close();
  const custody = await c.openReader();
  const there = await custody.blob(log.origin, 7);
  t.same(Buffer.from(there?.bytes ?? []), blob.bytes);
  t.same(Buffer.from(there?.sha256 ?? []), blob.sha256);
  t.same(Buffer.from((await custody.blobHash(log.origin, 7)) ?? []), blob.sha256);
  t.equal(await custody.blob(log.origin, 6), undefined);
  t.equal((await custody.head(log.origin))?.cosigned, 'cosigned\n');
  t.match(await custody.evidence(log.origin), [{ held: 'a', claimed: 'b', recordedAtMs: 0 }]);
  t.equal((await custody.evidence(log.origin)).length, EVIDENCE_PER_ORIGIN_MAX);
  await custody.close();
}

async function tails(t: Test, c: CustodyUnderTest): Promise<void> {
  const custody = await c.open();
  const logs = [sample(10, 'd/c/s1/g1/e1'), sample(10, 'd/c/s2/g1/e1')] as const;
  for (const log of logs) await admitSample(custody, log);
  const reader = await c.openReader();
  const seen: string[] = [];
  let cursor: string | null = null;
  for (const [start, end] of [
    [0, 2],
    [2, 3],
    [3, 10],
  ] as const) {
    for (const log of logs) await custody.append(sampleAppend(log, start, end));
    await reader.refresh();
    for (;;) {
      const tail = await reader.tail(cursor);
      if (tail.records.length === 0) break;
      cursor = tail.cursor;
      for (const { origin, entries } of tail.records) {
        seen.push(...entries.map(({ index }) => `${origin.slice(4, 6)}/${index}`));
      }
    }
  }
  t.same(
    seen.join(' '),
    's1/0 s1/1 s2/0 s2/1 s1/2 s2/2 ' +
      [1, 2].map((s) => [3, 4, 5, 6, 7, 8, 9].map((i) => `s${s}/${i}`).join(' ')).join(' '),
  );
  t.equal(await custody.covers(cursor ?? ''), true);
  t.equal(await custody.covers(`${'0'.repeat(32)}:1:80:0`), false);
  await reader.close();
  await custody.close();
}
