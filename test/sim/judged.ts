/** A till's bytes as the ledger gets them: judged by the product's judge. No till here signs. */
import { hash } from 'node:crypto';
import { TillgateError } from '../../protocol/errors.ts';
import { judgeSubmission } from '../../protocol/transaction/judge.ts';
import type { Submission } from '../../daemon/ledger/commands.ts';

export function judged(deviceId: string, body: Uint8Array): Submission {
  const judgement = judgeSubmission(body, { deviceKeys: [], requireSignature: false });
  if (judgement instanceof Promise) throw new TillgateError('INTERNAL', 'No till signs here.');
  const submissionHash = hash('sha256', body, 'buffer');
  return { type: 'submission', deviceId, body, submissionHash, judgement };
}
