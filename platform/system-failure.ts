/**
 * What the operating system refused, in words for the person who has to mend it. Parts that can do
 * something about a failed call catch it themselves; whatever else ends a command or a daemon comes
 * through here, so that nobody is shown a bare EROFS.
 */
import type { ErrorCode } from '../protocol/errors.ts';
import { TillgateError } from '../protocol/errors.ts';

type Explanation = { code: ErrorCode; words: string; retryable: boolean };

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ENOSPC: { code: 'DISK_FULL', words: 'there is no room left', retryable: true },
  EDQUOT: { code: 'DISK_FULL', words: "this user's share of the disk is used up", retryable: true },
  SQLITE_FULL: { code: 'DISK_FULL', words: 'there is no room left', retryable: true },
  EROFS: { code: 'DISK_READ_ONLY', words: 'the disk is read-only', retryable: true },
  SQLITE_READONLY: { code: 'DISK_READ_ONLY', words: 'it may only be read', retryable: true },
  EIO: { code: 'DISK_IO', words: 'the disk reported an error', retryable: false },
  EACCES: { code: 'FILE_PERMISSIONS', words: 'this user may not', retryable: false },
  EPERM: { code: 'FILE_PERMISSIONS', words: 'this user may not', retryable: false },
  SQLITE_CANTOPEN: { code: 'FILE_PERMISSIONS', words: 'this user may not', retryable: false },
  ENOENT: { code: 'FILE_MISSING', words: 'it is not there', retryable: false },
  ENOTDIR: { code: 'FILE_MISSING', words: 'it is not there', retryable: false },
  SQLITE_CORRUPT: { code: 'LEDGER_DAMAGED', words: 'it is damaged', retryable: false },
  SQLITE_NOTADB: { code: 'LEDGER_DAMAGED', words: 'it is no database', retryable: false },
  EMFILE: { code: 'FILES_EXHAUSTED', words: 'too many files are open', retryable: true },
  ENFILE: { code: 'FILES_EXHAUSTED', words: 'too many files are open', retryable: true },
};

const VERBS: Readonly<Record<string, string>> = {
  open: 'opened',
  mkdir: 'made',
  rename: 'renamed',
  unlink: 'removed',
  rm: 'removed',
  scandir: 'listed',
  read: 'read',
  stat: 'looked at',
  access: 'used',
  chmod: 'given its permissions',
};

/** The error to show instead; undefined for what is not a refusal of the system that we can explain. */
export function systemFailure(error: unknown): TillgateError | undefined {
  if (!(error instanceof Error) || error instanceof TillgateError) return undefined;
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  const explanation = code === undefined ? undefined : explain(code);
  if (explanation === undefined) return undefined;
  const { code: ours, words, retryable } = explanation;
  const what = path ?? (code?.startsWith('SQLITE') === true ? 'A database file' : 'A file');
  const verb = VERBS[syscall ?? ''] ?? (ours === 'LEDGER_DAMAGED' ? 'read' : 'written');
  const message = `${what} cannot be ${verb}: ${words} (${code ?? ''}).`;
  return new TillgateError(ours, message, { retryable, cause: error });
}

/** SQLite's extended codes begin with the plain one: SQLITE_READONLY_DIRECTORY. */
function explain(code: string): Explanation | undefined {
  if (Object.hasOwn(EXPLANATIONS, code)) return EXPLANATIONS[code];
  const family = Object.keys(EXPLANATIONS).find((known) => code.startsWith(`${known}_`));
  return family === undefined ? undefined : EXPLANATIONS[family];
}
