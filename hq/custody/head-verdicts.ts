/** Whether the newest signed heads of a log are of what was found in custody. */
import { isTillgateError } from '../../protocol/errors.ts';
import { encodeBase64 } from '../../protocol/log/base64.ts';
import { openCheckpoint } from '../../protocol/log/checkpoint.ts';
import type { VerifiedLog } from './verification.ts';

export type FoundLog = {
  origin: string;
  logVkey: string;
  size: number;
  /** Base64. */
  root: string;
  checkpoint: string | null;
  cosigned: string | null;
  /** Roots (base64) at the sizes that appends ended in. */
  ends: ReadonlyMap<number, string>;
};

export function headVerdicts(
  log: FoundLog,
  durableVkey: string,
): Pick<VerifiedLog, 'checkpoint' | 'cosignature'> {
  const ends = new Map([...log.ends, [log.size, log.root]]);
  return {
    checkpoint: verdictOf(log.checkpoint, { vkey: log.logVkey, origin: log.origin, ends }),
    cosignature: verdictOf(log.cosigned, { vkey: durableVkey, origin: log.origin, ends }),
  };
}

function verdictOf(
  note: string | null,
  expected: { vkey: string; origin: string; ends: ReadonlyMap<number, string> },
): 'holds' | 'fails' | 'none' {
  if (note === null) return 'none';
  try {
    const { origin, size, root } = openCheckpoint(note, [expected.vkey]);
    const isOurs = origin === expected.origin && expected.ends.get(size) === encodeBase64(root);
    return isOurs ? 'holds' : 'fails';
  } catch (error) {
    if (isTillgateError(error) && error.code !== 'INTERNAL') return 'fails';
    throw error;
  }
}
