/**
 * A quick look at the log: its tip and the heads that name it, as the start of the gateway looks. No
 * entry is verified: that is `tillgate log verify`.
 */
import type { RecoveryStatus } from '../epochs/recovery.ts';
import type { EpochReason } from '../epochs/next-opening.ts';
import type { Attempt } from './attempt.ts';
import { failed, failedBy, ok, warning, type CheckFinding } from './check-finding.ts';

export interface LogFacts {
  origin: string;
  size: number;
  /** Why the next start would not continue it; undefined where it would. */
  endsBecause: EpochReason | undefined;
  /** The configuration names the gateway that the log is of. */
  isOfThisGateway: boolean;
}

export interface LogReading {
  log: Attempt<LogFacts>;
  /** Some head says that there is a log. */
  isOneSigned: boolean;
  hasSignedHead: boolean;
  recovery: RecoveryStatus | null;
}

export function checkLog(read: LogReading): CheckFinding[] {
  const { log, isOneSigned } = read;
  if (log.ok) return readableLog(log.value, read);
  if (log.error.code !== 'LEDGER_MISSING') return [failedBy('log', log.error)];
  if (!isOneSigned) return [ok('log', 'begins with the first start')];
  const message = 'A head of this log was signed, and the ledger is not there.';
  const hint =
    'look for the disk or the file; the next start begins a new epoch and fetches back what headquarters holds';
  return [failed('log', 'LEDGER_MISSING', { message, hint })];
}

function readableLog(
  { origin, size, endsBecause, isOfThisGateway }: LogFacts,
  { hasSignedHead, recovery }: LogReading,
): CheckFinding[] {
  const findings: CheckFinding[] = [];
  if (!isOfThisGateway) {
    const message = `The log is ${origin}, and the configuration names another gateway.`;
    findings.push(failed('log', 'LEDGER_ORIGIN_MISMATCH', message));
  }
  if (endsBecause !== undefined) findings.push(...endFinding(origin, size, endsBecause));
  if (!hasSignedHead) {
    const message = `No signed head of ${origin} is there.`;
    const hint =
      'it is signed anew within seconds of running; a roll-back before that goes unnoticed here';
    findings.push(warning('log', 'STORED_HEAD_INVALID', { message, hint }));
  }
  if (recovery !== null) {
    const { origin: earlier, fetched, total } = recovery;
    const message = `${fetched} of ${total ?? 'unknown'} entries of ${earlier} are back from headquarters.`;
    const hint = 'nothing: it goes on by itself, after weeks too';
    findings.push(warning('log', 'LOG_ROLLED_BACK', { message, hint }));
  }
  if (findings.length > 0) return findings;
  const message = `${size} entries, not verified here: that is \`tillgate log verify\``;
  return [ok('log', message, { origin, size })];
}

/** Another key is told with the keys. */
function endFinding(origin: string, size: number, reason: EpochReason): CheckFinding[] {
  if (reason === 'keyChanged') return [];
  const message = `${origin} has ${size} entries and is not the log that ${REASONS[reason] ?? 'was signed'}.`;
  const hint =
    'the next start begins a new epoch and sales go on; find out whether the disk was restored or copied (docs/operations.md)';
  return [failed('log', 'LOG_ROLLED_BACK', { message, hint })];
}

const REASONS: Partial<Record<EpochReason, string>> = {
  rolledBack: 'this gateway signed: entries are missing at its end',
  behindHq: 'headquarters holds: entries are missing at its end',
  fork: 'was signed: an entry in it is another',
};
