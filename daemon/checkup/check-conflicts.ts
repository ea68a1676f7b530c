/** What waits for a person's word, and what may not be spent meanwhile. */
import type { ConflictList } from '../../protocol/conflicts/shown-conflict.ts';
import { ok, warning, type CheckFinding } from './check-finding.ts';

/** Undefined where there is no log, or none that can be read. */
export function checkConflicts(list: ConflictList | undefined): CheckFinding[] {
  if (list === undefined) return [ok('conflicts', 'none')];
  const { open, decided } = list;
  if (open === 0)
    return [ok('conflicts', decided === 0 ? 'none' : `${decided} decided, none open`)];
  const message = `${open} ${open === 1 ? 'conflict waits' : 'conflicts wait'} for a person.`;
  return [warning('conflicts', 'CONFLICT_OPEN', { message, details: { open, decided } })];
}

export function checkRights(
  status: { grantsFrozen: boolean; rights: { frozen: string | null } } | undefined,
): CheckFinding[] {
  if (status?.grantsFrozen !== true) return [ok('rights', 'not frozen')];
  const why = status.rights.frozen ?? 'an earlier log is on its way back';
  const message = `Points, accounts and coupons are refused: ${why}.`;
  return [warning('rights', 'RIGHTS_FROZEN', message)];
}
