/** One thread of a campaign. Only wiring is here. */
import { parentPort, workerData } from 'node:worker_threads';
import { must } from '../../protocol/must.ts';
import { FAILURES_MAX, type CampaignPart, type CampaignReport } from './campaign.ts';
import { simulate } from './simulate.ts';

/** Runs between two reports. */
const REPORT_RUNS = 10;

// A disk that tells of a missing file makes an error; where it was made is of no interest.
Error.stackTraceLimit = 0;

const port = must(parentPort, 'a part of a campaign runs in a thread');
const part = workerData as CampaignPart;

let report = emptyReport();
let failures = 0;
for (let at = part.offset; at < part.runs && failures < FAILURES_MAX; at += part.stride) {
  const seed = part.seed + at;
  const result = await simulate({ ...part, seed: String(seed) });
  report.runs += 1;
  report.events += result.events;
  report.messages += result.messages;
  report.answers += result.answers;
  for (const name of result.coverage.keys()) report.coverage.push([name, 1]);
  const [violation] = result.violations;
  if (violation !== undefined) {
    failures += 1;
    report.failures.push({ seed, ...violation });
  }
  if (report.runs === REPORT_RUNS) send();
}
send();

function send(): void {
  port.postMessage(report);
  report = emptyReport();
}

function emptyReport(): CampaignReport {
  return { runs: 0, events: 0, messages: 0, answers: 0, coverage: [], failures: [] };
}
