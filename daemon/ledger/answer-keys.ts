/**
 * Under which key a refusal or a conflict is found again, made from the submission when it is judged
 * and from its entry when HQ sends that back. Both must stay as they are for ever.
 */
import { hash } from 'node:crypto';
import type { Json } from '../../protocol/json/json-value.ts';

/** The same conflicting content again is the same conflict, whoever sends it. */
export function conflictKey(transactionId: string, contentHash: Uint8Array): Uint8Array {
  const parts = [Buffer.from(`conflict\n${transactionId}\n`), contentHash];
  return hash('sha256', Buffer.concat(parts), 'buffer');
}

/** What is written once, whoever asks for it again after a crash: see `Append.once`. */
export function onceKey(once: string): Uint8Array {
  return hash('sha256', `once\n${once}`, 'buffer');
}

export interface RefusalKeyParts {
  readonly deviceId: string;
  /** Base64 of the content hash, or of the hash of the bytes where there is no content. */
  readonly content: string;
  /** As they stand in the entry. */
  readonly errors: readonly Json[];
}

/**
 * The same device, content and reasons. The reasons belong to it because content refused for its
 * missing signature may come back signed and be refused for its sum.
 */
export function refusalKey({ deviceId, content, errors }: RefusalKeyParts): Uint8Array {
  const reasons = errors.map((error) => {
    const { code, path, expected } = error as { code: string; path: string; expected?: number };
    // What is left changes, and the same lack of something else is told anew.
    return code === 'RIGHTS_LACKING' ? `${code} ${path} ${String(expected)}` : `${code} ${path}`;
  });
  return hash('sha256', JSON.stringify(['refusal', deviceId, content, ...reasons]), 'buffer');
}
