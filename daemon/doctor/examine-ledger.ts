/**
 * Looks through a ledger for everything that can be wrong with it, and names the exact ranges: the
 * file as SQLite sees it, every leaf against its hash and nodes, bodies against their entries, what
 * is derived from the leaves against them, and the log against the heads that were signed. It reads
 * only, and works beside a running daemon: over what was committed when it began.
 */
import { Frontier, hashesEqual, leafHash } from '../../protocol/log/merkle.ts';
import type { DerivedRows } from './derived-rows.ts';
import { addTo, rangeText, type EntryRange } from './entry-range.ts';
import type { Finding } from './finding.ts';
import { lacksBlob, provenBy, readGood, type KnownSize } from './good-entries.ts';
import type { EpochRow, LedgerSalvage } from './ledger-salvage.ts';

export interface Examination {
  salvage: LedgerSalvage;
  heads: readonly (KnownSize & { name: string })[];
  onProgress?: (done: number) => void;
}

/** One sentence each; a destroyed file has thousands. */
const SQLITE_PROBLEMS_MAX = 5;

interface Ranges {
  unreadable: EntryRange[];
  nodes: EntryRange[];
  bodies: EntryRange[];
  derived: EntryRange[];
}

interface Walk {
  row: EpochRow;
  end: number;
  ranges: Ranges;
  derived: DerivedRows | undefined;
}

export function examineLedger(examination: Examination): Finding[] {
  const { salvage } = examination;
  const findings: Finding[] = salvage
    .problems(SQLITE_PROBLEMS_MAX)
    .map((message) => ({ part: 'database', message: `SQLite says: ${message}` }));
  const epochs = salvage.epochs();
  if (epochs.length === 0) {
    findings.push({ part: 'entries', message: 'No entry of any log can be read.' });
  }
  const ranges: Ranges = { unreadable: [], nodes: [], bodies: [], derived: [] };
  const derived = salvage.derived();
  let done = 0;
  for (const row of epochs) {
    const end = salvage.end(row.epoch);
    const { frontier, isWhole } = walk(examination, { row, end, ranges, derived }, () => {
      examination.onProgress?.((done += 1));
    });
    findings.push(...headFindings(examination, row, { end, frontier, isWhole }));
  }
  const say = (part: Finding['part'], what: string, list: readonly EntryRange[]): void => {
    for (const range of list)
      findings.push({ part, message: `${rangeText(range)}: ${what}.`, range });
  };
  say('entries', 'lost or not as written', ranges.unreadable);
  say('nodes', 'the tree kept beside is not that of the leaves', ranges.nodes);
  say('bodies', 'the body kept beside is lost or not as written', ranges.bodies);
  say('derived', 'ids, answers, anchors or conflicts are not found by them', ranges.derived);
  return findings;
}

/** Goes through one epoch; the frontier is that of the leaves as they are. */
function walk(
  { salvage, heads }: Examination,
  { row, end, ranges, derived }: Walk,
  step: () => void,
): { frontier: Frontier; isWhole: boolean } {
  const { epoch, origin } = row;
  const provenSize = provenBy(
    salvage,
    epoch,
    heads.filter((head) => head.origin === origin && head.size <= end),
  );
  const frontier = new Frontier();
  let isWhole = true;
  for (let index = 0; index < end; index += 1) {
    step();
    const range = { origin, start: index, end: index + 1 };
    const stored = salvage.entry({ epoch, index });
    const entry = readGood(salvage, { epoch, index }, provenSize);
    if (entry === undefined) addTo(ranges.unreadable, range);
    // Behind a gap the tree cannot be followed any more, but leaves can still be judged.
    if (entry === undefined || !isWhole) {
      isWhole = false;
      continue;
    }
    const nodes = Buffer.concat(frontier.append(entry.leafHash));
    if (stored === undefined || Buffer.compare(nodes, stored.hashes) !== 0)
      addTo(ranges.nodes, range);
    if (lacksBlob(entry)) addTo(ranges.bodies, range);
    if (derived?.tells(entry, { epoch, index }) !== true) addTo(ranges.derived, range);
  }
  return { frontier, isWhole };
}

function headFindings(
  { heads, salvage }: Examination,
  { origin, epoch }: EpochRow,
  log: { end: number; frontier: Frontier; isWhole: boolean },
): Finding[] {
  const findings: Finding[] = [];
  for (const head of heads.filter((one) => one.origin === origin)) {
    if (head.size > log.end) {
      const range = { origin, start: log.end, end: head.size };
      const message = `${rangeText(range)}: ${head.name} covers them and they are not here.`;
      findings.push({ part: 'heads', message, range });
    } else if (log.isWhole && !hashesEqual(rootOf(salvage, epoch, head.size), head.root)) {
      const message = `${origin} has another root at ${head.size} than ${head.name} says.`;
      findings.push({ part: 'heads', message });
    }
  }
  return findings;
}

function rootOf(salvage: LedgerSalvage, epoch: number, size: number): Uint8Array {
  const frontier = new Frontier();
  for (let index = 0; index < size; index += 1) {
    const entry = salvage.entry({ epoch, index });
    if (entry === undefined) break;
    frontier.append(leafHash(entry.leaf));
  }
  return frontier.root();
}
