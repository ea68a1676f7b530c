/** What the contract suites of custody write: sample logs, and how they come in. Not part of the product. */
import { hash } from 'node:crypto';
import { SampleLog } from '../../protocol/replication/fixtures/sample-log.ts';
import type { Append, Custody, CustodyReader, KeptBlob } from './custody.ts';

export type CustodyUnderTest = {
  open(): Promise<Custody>;
  openReader(): Promise<CustodyReader>;
};

/** The append that brings a custody from `start` to `end` of the sample. */
export function sampleAppend(log: SampleLog, start: number, end: number): Append {
  const entries = log.leaves.slice(start, end).map((leaf, i) => {
    const nodes: Uint8Array[] = [];
    for (let level = 0; (start + i + 1) % 2 ** level === 0; level++) {
      nodes.push(log.node(level, (start + i + 1) / 2 ** level - 1));
    }
    return { leaf, nodes };
  });
  const { origin } = log;
  const root = log.root(start);
  return { origin, size: start, root, entries, newRoot: log.root(end), checkpoint: log.note(end) };
}

export async function admitSample(custody: Custody, log: SampleLog): Promise<void> {
  await custody.admit({ origin: log.origin, logVkey: log.signer.vkey, note: 'admitted\n' });
}

export async function keepSample(custody: Custody, log: SampleLog, ends: number[]): Promise<void> {
  let start = 0;
  for (const end of ends) {
    await custody.append(sampleAppend(log, start, end));
    start = end;
  }
}

export function sample(count: number, origin?: string): SampleLog {
  const log = new SampleLog(origin);
  log.appendMany(count);
  return log;
}

export function sampleBlob(bytes: Uint8Array): KeptBlob {
  return { sha256: hash('sha256', bytes, 'buffer'), bytes };
}
