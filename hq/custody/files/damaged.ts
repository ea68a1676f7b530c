/** The error that names where a journal is damaged: never cut off, never written over. */
import { TillgateError } from '../../../protocol/errors.ts';
import type { CustodyLayout, Position } from './layout.ts';

export function damaged(layout: CustodyLayout, at: Position, detail: string): TillgateError {
  return new TillgateError(
    'HQ_CUSTODY_DAMAGED',
    `${layout.segment(at.segment)} is damaged at byte ${at.offset}: ${detail}.`,
  );
}
