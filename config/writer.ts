/**
 * Changes one key of a configuration file: the edit keeps comments and order, the outcome is
 * validated as a whole, and only then replaces the file in one step. A file of an older version is
 * kept beside it as `….v1.bak` first.
 */
import { statSync } from 'node:fs';
import { parse } from 'yaml';
import { TillgateError } from '../protocol/errors.ts';
import {
  createFileDurably,
  readFileIfPresent,
  writeFileAtomicallySync,
} from '../platform/durable/atomic-file.ts';
import type { ConfigKind } from './config-kind.ts';
import { ConfigSource } from './config-source.ts';
import { checkSource, configError, parseConfig } from './loader.ts';
import { nearestKey } from './check-value.ts';
import { describeAllowed, isLive, nodeAt } from './schema-node.ts';
import type { SchemaNode } from './schema-node.ts';

export interface ConfigChange<T> {
  config: T;
  key: string;
  value: unknown;
  /** True where the new value counts only from the next start. */
  restart: boolean;
  secret: boolean;
}

/** A change that was found to be allowed, and is not in the file yet. */
export interface ConfigEdit<T> extends ConfigChange<T> {
  /** What the file will say, before defaults. */
  written: unknown;
  /** Replaces the file; durable on return. */
  write(): void;
}

/**
 * Sets `key` (dotted) of the file to what `text` says: for a text key the words themselves, for any
 * other YAML. Throws `CONFIG_UNKNOWN_KEY`, `CONFIG_VALUE` or `CONFIG_INVALID`; the file is then as
 * it was.
 */
export function setConfigValue<T>(
  kind: ConfigKind<T>,
  file: string,
  change: { key: string; text: string },
): ConfigChange<T> {
  const edit = editConfigText(kind, file, change);
  edit.write();
  return edit;
}

/** The same, not written yet. */
export function editConfigText<T>(
  kind: ConfigKind<T>,
  file: string,
  { key, text }: { key: string; text: string },
): ConfigEdit<T> {
  const node = settableNode(kind, key.split('.'));
  return editConfigValue(kind, file, { key, value: valueOf(node, text, key) });
}

/** The same for a value; null takes the key out of the file, so that its default counts. */
export function editConfigValue<T>(
  kind: ConfigKind<T>,
  file: string,
  { key, value }: { key: string; value: unknown },
): ConfigEdit<T> {
  const path = key.split('.');
  const node = settableNode(kind, path);
  const before = readFileIfPresent(file);
  if (before === undefined) {
    throw new TillgateError('CONFIG_MISSING', `There is no configuration at ${file}.`);
  }
  const { source, migrated } = editableSource(kind, Buffer.from(before).toString(), file);
  if (value === null) source.document.deleteIn(path);
  else source.document.setIn(path, value);
  const edited = checkSource(kind, source, { file, migrated });
  if (!edited.ok) throw configError(file, edited.problems);
  const write = (): void => {
    if (migrated.length > 0) keepOldFile(file, before);
    const mode = statSync(file).mode & 0o777;
    writeFileAtomicallySync(file, source.document.toString({ lineWidth: 0 }), { mode });
  };
  const facts = { restart: !isLive(kind.schema, path), secret: node.secret === true };
  return { config: edited.config, key, value, ...facts, written: source.value(), write };
}

function settableNode<T>(kind: ConfigKind<T>, path: readonly string[]): SchemaNode {
  const key = path.join('.');
  const node = nodeAt(kind.schema, path);
  if (node === undefined) {
    const nearest = nearestKey(key, allKeys(kind.schema));
    throw new TillgateError('CONFIG_UNKNOWN_KEY', `There is no key ${key}.`, {
      hint: nearest === undefined ? 'tillgate config get' : `did you mean ${nearest}?`,
    });
  }
  if (node.fixed === true || key === 'version') {
    throw new TillgateError(
      'CONFIG_VALUE',
      `${key} is part of what the log is called and was decided by \`tillgate init\`.`,
      { hint: 'set up a new home with `tillgate init` for another gateway' },
    );
  }
  return node;
}

/** Every key of a schema that holds a value, dotted. */
export function allKeys(schema: SchemaNode, prefix = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    child.properties === undefined ? [prefix + key] : allKeys(child, `${prefix}${key}.`),
  );
}

function valueOf(node: SchemaNode, text: string, key: string): unknown {
  if (node.type === 'string' || node.enum !== undefined) return text;
  try {
    return parse(text);
  } catch (error) {
    const allowed = describeAllowed(node);
    throw new TillgateError('CONFIG_VALUE', `${key}: got ${text}, allowed: ${allowed}.`, {
      cause: error,
    });
  }
}

/** An invalid value is no hindrance, because this edit may be what mends it; bad syntax is. */
function editableSource<T>(
  kind: ConfigKind<T>,
  text: string,
  file: string,
): { source: ConfigSource; migrated: readonly string[] } {
  const reading = parseConfig(kind, text, file);
  if (reading.ok) return reading;
  const hopeless = reading.problems.filter(
    ({ code }) => code === 'CONFIG_SYNTAX' || code === 'CONFIG_VERSION',
  );
  if (hopeless.length > 0) throw configError(file, hopeless);
  return { source: new ConfigSource(text), migrated: [] };
}

function keepOldFile(file: string, content: Uint8Array): void {
  const version = /^version:\s*(\d+)/m.exec(Buffer.from(content).toString())?.[1] ?? '0';
  const backup = `${file}.v${version}.bak`;
  if (readFileIfPresent(backup) === undefined) createFileDurably(backup, content, { mode: 0o600 });
}
