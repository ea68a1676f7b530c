/**
 * Verifies a custody folder, beside a running headquarters or without one: every segment on every
 * core, then what lies between segments: that none is missing or cut off below the watermark, that
 * the appends of each log follow each other from the empty tree, and that the newest heads were
 * signed by the log's key and cosigned by headquarters.
 */
import { Worker } from 'node:worker_threads';
import type { FileSystem } from '../../../platform/durable/file-system.ts';
import { workerUrl } from '../../../platform/worker-url.ts';
import { encodeBase64 } from '../../../protocol/log/base64.ts';
import { EMPTY_ROOT } from '../../../protocol/log/merkle.ts';
import { must } from '../../../protocol/must.ts';
import { headVerdicts } from '../head-verdicts.ts';
import { CUSTODY_FAULTS_MAX } from '../verification.ts';
import type { CustodyFault, CustodyVerification } from '../verification.ts';
import { findJournal } from './find-journal.ts';
import { CustodyLayout } from './layout.ts';
import { OpenFiles } from './open-files.ts';
import { verifySegment } from './verify-segment.ts';
import type { SegmentJob, SegmentReport } from './verify-segment.ts';
import { readWatermark } from './watermark.ts';

export type VerifyFilesOptions = {
  folder: string;
  durableVkey: string;
  /** Worker threads; 0 verifies in this one. */
  threads: number;
  /** The machine's own unless told otherwise; another is only read in this thread. */
  disk?: FileSystem;
  onProgress?: (segments: number, of: number) => void;
};

type LogChain = {
  origin: string;
  logVkey: string;
  size: number;
  root: string;
  checkpoint: string | null;
  cosigned: string | null;
  /** Sizes and roots that appends ended in, of which a cosignature must be one. */
  ends: Map<number, string>;
};

/** Ends remembered for the cosignature: it lags behind the head by a few appends at most. */
const ENDS_MAX = 1_000;

export async function verifyFiles(options: VerifyFilesOptions): Promise<CustodyVerification> {
  const { layout, journal, files } = findJournal(options.folder, {
    durableOnly: false,
    disk: options.disk,
  });
  files.close();
  const { jobs, faults } = planJobs(layout, journal);
  const reports = await runJobs(options, jobs);
  const chains = new Map<number, LogChain>();
  let faultCount = faults.length;
  for (const report of reports) {
    const found = followSegment(report, chains);
    faultCount += found.length;
    faults.push(...found.slice(0, Math.max(0, CUSTODY_FAULTS_MAX - faults.length)));
  }
  const logs = [...chains.values()].map((chain) => {
    const { origin, size, root } = chain;
    return { origin, size, root, ...headVerdicts(chain, options.durableVkey) };
  });
  for (const { origin, size, checkpoint, cosignature } of logs) {
    for (const [what, verdict] of [
      ['checkpoint', checkpoint],
      ['cosignature', cosignature],
    ]) {
      if (verdict !== 'fails') continue;
      faultCount++;
      faults.push({ origin, index: size - 1, message: `The newest ${what ?? ''} does not hold` });
    }
  }
  const entries = reports.reduce((sum, report) => sum + report.entries, 0);
  return { valid: faultCount === 0, entries, logs, faults, faultCount };
}

function planJobs(
  layout: CustodyLayout,
  journal: { salt: number; journalId: string },
): { jobs: SegmentJob[]; faults: CustodyFault[] } {
  const numbers = layout.disk
    .readFolderSync(layout.segments)
    .map((name) => /^(\d{8})\.seg$/.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  const mark = readWatermark(layout);
  const watermark = mark?.journalId === journal.journalId ? mark : undefined;
  const faults: CustodyFault[] = [];
  const jobs: SegmentJob[] = [];
  const last = Math.max(numbers.at(-1) ?? 1, watermark?.segment ?? 1);
  for (let segment = 1; segment <= last; segment++) {
    const isThere = numbers.includes(segment);
    const length = layout.disk.statSync(layout.segment(segment))?.size ?? 0;
    // Beyond the watermark lies what nobody was promised yet.
    const isLast = segment === watermark?.segment;
    const isBeyond = watermark !== undefined && segment > watermark.segment;
    const durable = isLast ? Math.min(length, watermark.offset) : length;
    const endOffset = isBeyond ? 0 : durable;
    if (!isThere) {
      faults.push({ origin: null, index: null, message: `Segment ${segment} is missing` });
    } else if (isLast && length < watermark.offset) {
      const message = `Segment ${segment} was cut off at byte ${length} of ${watermark.offset}`;
      faults.push({ origin: null, index: null, message });
    }
    if (isThere) jobs.push({ segment, salt: journal.salt, endOffset });
  }
  return { jobs, faults };
}

/** Joins a segment to those before it; what does not follow is a fault. */
function followSegment(report: SegmentReport, chains: Map<number, LogChain>): CustodyFault[] {
  for (const { log, origin, logVkey } of report.admitted) {
    const root = encodeBase64(EMPTY_ROOT);
    const chain = { origin, logVkey, size: 0, root, checkpoint: null, cosigned: null };
    chains.set(log, { ...chain, ends: new Map() });
  }
  const faults: CustodyFault[] = report.faults.map(({ log, index, message }) => {
    return { origin: (log === null ? undefined : chains.get(log)?.origin) ?? null, index, message };
  });
  for (const append of report.appends) {
    const chain = chains.get(append.log);
    if (chain === undefined) continue;
    const { origin } = chain;
    if (append.start !== chain.size) {
      const message = `The entries from ${chain.size} to ${append.start} cannot be read`;
      faults.push({ origin, index: Math.min(chain.size, append.start), message });
    } else if (append.startRoot !== chain.root) {
      const message = 'The entry does not follow the entries before it';
      faults.push({ origin, index: append.start, message });
    }
    chain.size = append.end;
    chain.root = append.endRoot;
    chain.checkpoint = append.checkpoint;
    chain.ends.set(append.end, append.endRoot);
    const oldest = chain.ends.keys().next().value;
    if (chain.ends.size > ENDS_MAX && oldest !== undefined) chain.ends.delete(oldest);
  }
  for (const { log, note } of report.cosigned) {
    const chain = chains.get(log);
    if (chain !== undefined) chain.cosigned = note;
  }
  return faults;
}

async function runJobs(
  options: VerifyFilesOptions,
  jobs: readonly SegmentJob[],
): Promise<SegmentReport[]> {
  if (options.threads === 0) return runHere(options, jobs);
  const reports: SegmentReport[] = [];
  const waiting = [...jobs];
  const runOne = async (): Promise<void> => {
    const worker = new Worker(workerUrl(import.meta.url, './verify-worker'), {
      workerData: options.folder,
    });
    try {
      for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
        reports.push(await askWorker(worker, job));
        options.onProgress?.(reports.length, jobs.length);
      }
    } finally {
      await worker.terminate();
    }
  };
  const threads = Math.max(1, Math.min(options.threads, jobs.length));
  await Promise.all(Array.from({ length: threads }, runOne));
  const bySegment = new Map(reports.map((report) => [report.segment, report]));
  return jobs.map((job) => must(bySegment.get(job.segment), 'each segment was verified'));
}

function runHere(options: VerifyFilesOptions, jobs: readonly SegmentJob[]): SegmentReport[] {
  const layout = new CustodyLayout(options.folder, options.disk);
  const files = new OpenFiles(layout.disk);
  try {
    return jobs.map((job) => verifySegment(layout, files, job));
  } finally {
    files.close();
  }
}

function askWorker(worker: Worker, job: SegmentJob): Promise<SegmentReport> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.postMessage(job);
  });
}
