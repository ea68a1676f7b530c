/** The verbs about conflicts. */
import { TillgateError } from '../../protocol/errors.ts';
import { GatewayConflicts } from '../conflicts/gateway-conflicts.ts';
import type { GatewayConflictsOptions } from '../conflicts/gateway-conflicts.ts';
import type { Verb, VerbTable } from './verbs.ts';

type ConflictVerb = Extract<Verb, `conflict.${string}`>;

export function conflictVerbs(options: GatewayConflictsOptions): Pick<VerbTable, ConflictVerb> {
  const conflicts = new GatewayConflicts(options);
  return {
    'conflict.list': () => conflicts.list(),
    'conflict.show': ({ conflictId }) => conflicts.show(conflictId),
    'conflict.resolve': async ({ conflictId, note, winner }) => ({
      entry: await conflicts.resolve(conflictId, { note, winner: sideOf(winner) }),
    }),
  };
}

function sideOf(text: string): number | null {
  if (text === '') return null;
  if (/^(?:0|[1-9][0-9]?)$/.test(text)) return Number(text);
  throw new TillgateError('CONTROL_PROTOCOL', 'conflict.resolve takes winner as a whole number.');
}
