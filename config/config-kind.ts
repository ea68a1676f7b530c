/** One sort of configuration file: the gateway's or headquarters'. */
import type { Document } from 'yaml';
import type { SchemaNode } from './schema-node.ts';

/**
 * A rule over more than one key, or one that a pattern cannot say. It may read only the top-level
 * key that its path begins with: it is held as soon as that one is sound, whatever the others are.
 */
export interface ConfigRule<T> {
  /** The key whose line is shown. */
  path: readonly string[];
  holds: (config: T) => boolean;
  /** What is allowed, in words. */
  allowed: string;
}

/** Brings a file of version `from` to `from + 1`; pure edits of the document, comments stay. */
export interface Migration {
  from: number;
  /** What changes for the operator: a sentence. */
  note: string;
  apply: (document: Document) => void;
}

export interface ConfigKind<T> {
  /** How the file is spoken of. */
  title: string;
  /** The version that this release writes; the file's first key. */
  version: number;
  schema: SchemaNode;
  rules: readonly ConfigRule<T>[];
  migrations: readonly Migration[];
}
