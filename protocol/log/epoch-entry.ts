/** What the entry that opens an epoch says of the logs before it; anything else says nothing. */
import type { JsonObject } from '../json/json-value.ts';
import { isTillgateError } from '../errors.ts';
import { parseCheckpoint } from './checkpoint.ts';
import type { Checkpoint } from './checkpoint.ts';
import { decodeEntry } from './entry.ts';
import { parseNote } from './note.ts';

/** The log that the epoch follows. */
export function previousOrigin(leaf: Uint8Array): string | undefined {
  const origin = openingMembers(leaf)?.['prevOrigin'];
  return typeof origin === 'string' ? origin : undefined;
}

/** The log whose head showed that the one before could not go on; often that one itself. */
export function evidenceOrigin(leaf: Uint8Array): string | undefined {
  return evidenceOf(openingMembers(leaf))?.origin;
}

/** The size that the log before was known to have, where less of it was left. */
export function knownEndAbove(leaf: Uint8Array): number | undefined {
  const members = openingMembers(leaf);
  const evidence = evidenceOf(members);
  const left = members?.['prevSize'];
  if (evidence === undefined || typeof left !== 'number') return undefined;
  return evidence.origin === members?.['prevOrigin'] && left < evidence.size
    ? evidence.size
    : undefined;
}

function evidenceOf(members: JsonObject | undefined): Checkpoint | undefined {
  const note = members?.['evidence'];
  if (typeof note !== 'string') return undefined;
  return unlessInvalid(() => parseCheckpoint(parseNote(note).text));
}

function openingMembers(leaf: Uint8Array): JsonObject | undefined {
  const header = unlessInvalid(() => decodeEntry(leaf).header) as JsonObject | undefined;
  return header?.['kind'] === 'epoch' ? header : undefined;
}

/** Custody holds what nobody can read, too. */
function unlessInvalid<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isTillgateError(error) && error.code !== 'INTERNAL') return undefined;
    throw error;
  }
}
