/**
 * Everything custody does, as a script with its promises, and the check that they were kept: two
 * logs whose appends, blobs, evidence and cosigned heads share frames, over segments so small that
 * most frames begin one.
 */
import { strict as assert } from 'node:assert';
import { hash } from 'node:crypto';
import { formatCheckpoint } from '../../protocol/log/checkpoint.ts';
import { cosign } from '../../protocol/log/cosignature.ts';
import { must } from '../../protocol/must.ts';
import { SampleLog, sampleSigner } from '../../protocol/replication/fixtures/sample-log.ts';
import { KEY_TYPE_COSIGNATURE } from '../../protocol/log/verifier-key.ts';
import type { FileSystem } from '../../platform/durable/file-system.ts';
import type { Schedule } from '../../platform/schedule.ts';
import type { Append, CustodyReader } from '../../hq/custody/custody.ts';
import { admitSample, sampleAppend } from '../../hq/custody/contract-samples.ts';
import { FileCustody } from '../../hq/custody/files/file-custody.ts';
import { verifyFiles } from '../../hq/custody/files/verify-files.ts';

export const CUSTODY_FOLDER = '/custody';
const DURABLE = sampleSigner('hq.example.com/hq/durable', 31, KEY_TYPE_COSIGNATURE);
const ENDS = [1, 4, 5, 9, 12];

export type CustodyPromises = {
  admitted: Set<string>;
  sizes: Map<string, number>;
  blobs: { origin: string; index: number }[];
  evidence: number;
};

export function noCustodyPromises(): CustodyPromises {
  return { admitted: new Set(), sizes: new Map(), blobs: [], evidence: 0 };
}

const LOGS = ['d/c/s1/g1/e1', 'd/c/s2/g1/e1'].map((origin) => {
  const log = new SampleLog(origin);
  log.appendMany(must(ENDS.at(-1), 'there is an end'));
  return log;
});

/** What waits for a moment rides along with the next frame, or with the last. */
const AT_ONCE: Schedule = (callback, delayMs) => {
  let isOff = delayMs > 0;
  queueMicrotask(() => {
    if (!isOff) callback();
  });
  return () => {
    isOff = true;
  };
};

export function openSimulatedCustody(
  disk: FileSystem,
  options: { segmentBytes?: number; onFatal?: (error: unknown) => void } = {},
): Promise<FileCustody> {
  const randomBytes = (count: number): Uint8Array => new Uint8Array(count).fill(7);
  return FileCustody.openForWriting(CUSTODY_FOLDER, {
    ...{ segmentBytes: 1, disk, schedule: AT_ONCE, randomBytes },
    ...options,
  });
}

/** How a caller asks for something to be kept: once, or again after a refusal. */
export type Attempt = <T>(work: () => Promise<T>) => Promise<T>;

const atOnce: Attempt = (work) => work();

type WorkOptions = {
  attempt?: Attempt;
  onFatal?: (error: unknown) => void;
  /** How many appends a log; all of them unless told. */
  appends?: number;
};

export function custodyWork(segmentBytes: number, options: WorkOptions = {}) {
  const { attempt = atOnce, onFatal = () => undefined } = options;
  const ends = ENDS.slice(0, options.appends);
  return async (disk: FileSystem, promised: CustodyPromises): Promise<void> => {
    const custody = await openSimulatedCustody(disk, { segmentBytes, onFatal });
    for (const log of LOGS) {
      await attempt(() => admitSample(custody, log));
      promised.admitted.add(log.origin);
    }
    let start = 0;
    for (const end of ends) {
      const step = { custody, promised, start, end, attempt };
      await Promise.all(LOGS.map((log) => keepStep(log, step)));
      start = end;
    }
    await custody.close();
  };
}

type Step = {
  custody: FileCustody;
  promised: CustodyPromises;
  start: number;
  end: number;
  attempt: Attempt;
};

async function keepStep(log: SampleLog, step: Step): Promise<void> {
  const { custody, promised, start, end, attempt } = step;
  const { origin } = log;
  await Promise.all([
    attempt(() => custody.keepBlob(origin, start, blobOf(origin, start))).then(() => {
      promised.blobs.push({ origin, index: start });
    }),
    attempt(() => custody.append(appendOf(log, start, end))).then(({ verdict, head }) => {
      assert.equal(verdict, 'appended');
      assert.equal(head.size, end);
      promised.sizes.set(origin, end);
    }),
  ]);
  void custody.keepCosigned(origin, cosigned(log, start, end)).catch(() => undefined);
  if (end !== ENDS[1]) return;
  const evidence = { origin, held: 'held', claimed: 'claimed', recordedAtMs: end };
  if (await attempt(() => custody.keepEvidence(evidence))) promised.evidence++;
}

function blobOf(origin: string, index: number): { sha256: Uint8Array; bytes: Uint8Array } {
  const bytes = Buffer.from(`${origin} ${index} `.repeat(40));
  return { sha256: hash('sha256', bytes, 'buffer'), bytes };
}

const APPENDS = new Map<string, Append>();

/** Signed once, however often it is appended. */
function appendOf(log: SampleLog, start: number, end: number): Append {
  const name = `${log.origin} ${start} ${end}`;
  const append = APPENDS.get(name) ?? sampleAppend(log, start, end);
  APPENDS.set(name, append);
  return append;
}

function cosigned(log: SampleLog, start: number, end: number): string {
  const text = formatCheckpoint({ origin: log.origin, size: end, root: log.root(end) });
  return appendOf(log, start, end).checkpoint + cosign(text, DURABLE, 1_700_000_000);
}

/** Opens without a hand, finds all that was promised, and nothing half. */
export async function lookAtCustody(
  disk: FileSystem,
  promised: CustodyPromises,
): Promise<CustodyPromises> {
  const custody = await openSimulatedCustody(disk);
  const seen = await compareCustody(custody, promised);
  const verified = await verifyFiles({
    folder: CUSTODY_FOLDER,
    durableVkey: DURABLE.vkey,
    threads: 0,
    disk,
  });
  assert.ok(verified.valid, JSON.stringify(verified.faults));
  return seen;
}

export async function compareCustody(
  custody: CustodyReader,
  promised: CustodyPromises,
): Promise<CustodyPromises> {
  const heads = new Map((await custody.heads()).map((head) => [head.origin, head]));
  for (const origin of promised.admitted) assert.ok(heads.has(origin), `${origin} is admitted`);
  const seen: CustodyPromises = { ...noCustodyPromises(), blobs: promised.blobs };
  for (const [origin, head] of heads) {
    const log = must(
      LOGS.find((one) => one.origin === origin),
      'the log is one of ours',
    );
    const { size } = head;
    assert.ok(size >= (promised.sizes.get(origin) ?? 0), `${origin} is at ${size}`);
    assert.ok(size === 0 || ENDS.includes(size), `no append is there in part: ${size}`);
    assert.deepEqual(Buffer.from(head.root), Buffer.from(log.root(size)));
    for (let index = 0; index < size; index++) {
      const kept = await custody.entry(origin, index);
      assert.deepEqual(Buffer.from(kept?.leaf ?? []), Buffer.from(log.leaves[index] ?? []));
    }
    seen.admitted.add(origin);
    seen.sizes.set(origin, size);
    seen.evidence += (await custody.evidence(origin)).length;
  }
  for (const { origin, index } of promised.blobs) {
    const blob = must(await custody.blob(origin, index), `blob ${index} of ${origin} is there`);
    assert.deepEqual(Buffer.from(blob.bytes), Buffer.from(blobOf(origin, index).bytes));
  }
  assert.ok(seen.evidence >= promised.evidence, `${seen.evidence} pieces of evidence`);
  return seen;
}

/** Takes the rest of the logs from where it stands, closes, and is whole at the next start. */
export async function goOnWithCustody(disk: FileSystem, promised: CustodyPromises): Promise<void> {
  const custody = await openSimulatedCustody(disk);
  const last = must(ENDS.at(-1), 'there is an end');
  for (const log of LOGS) {
    await admitSample(custody, log);
    const size = promised.sizes.get(log.origin) ?? 0;
    if (size === last) continue;
    assert.equal((await custody.append(appendOf(log, size, last))).verdict, 'appended');
  }
  await custody.close();
  const sizes = new Map(LOGS.map(({ origin }) => [origin, last]));
  await lookAtCustody(disk, { ...promised, sizes });
}
