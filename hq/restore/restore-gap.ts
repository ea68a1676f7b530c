/**
 * What a restored headquarters lacks of one log: it had signed for more than it holds. The list of
 * gaps is kept in a file of the home, so that a restart knows what is still being sent again; were
 * it lost, the gateways show their evidence again with their next checkpoint.
 */
import { readFileIfPresent, writeFileAtomicallySync } from '../../platform/durable/atomic-file.ts';

export type RestoreGap = {
  origin: string;
  /** Entries held when the gap was found, and entries signed for before. */
  fromSize: number;
  toSize: number;
  /** Base64: the root that was signed at `toSize`. */
  root: string;
  /** The note that shows it. */
  evidence: string;
  foundAt: string;
  /** Entries of the log that its gateway still holds; below `toSize` the rest is lost. */
  gatewaySize: number;
  /** When all of it was here again; null until then. */
  completeAt: string | null;
};

/** A chain's stores; of more, those found longest ago are forgotten. */
const GAPS_MAX = 10_000;
const VERSION = 1;

export function writeGaps(path: string, gaps: readonly RestoreGap[]): void {
  const kept = gaps.slice(-GAPS_MAX);
  writeFileAtomicallySync(path, `${JSON.stringify({ version: VERSION, gaps: kept })}\n`);
}

/** None where there is no file, or none that can be read. */
export function readGaps(path: string): RestoreGap[] {
  const bytes = readFileIfPresent(path);
  if (bytes === undefined) return [];
  try {
    const stored = JSON.parse(Buffer.from(bytes).toString('utf8')) as { gaps?: RestoreGap[] };
    return Array.isArray(stored.gaps) ? stored.gaps : [];
  } catch (error) {
    // The gateways tell again what the file said.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
