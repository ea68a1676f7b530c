/**
 * A configuration as a flat list of the keys that hold a value, dotted: what is written in it and
 * nothing else. Two lists side by side say which keys were changed. Pure.
 */
import type { Json } from '../../protocol/json/json-value.ts';
import { childNode } from '../schema-node.ts';
import type { SchemaNode } from '../schema-node.ts';
import { isSameValue } from './config-register.ts';

export type FlatConfig = ReadonlyMap<string, Json>;

export type KeyChange = { key: string; before: Json; value: Json };

/** `value` as it was read from a file that is valid, so that all of it is JSON. */
export function flatConfig(schema: SchemaNode, value: unknown): FlatConfig {
  const flat = new Map<string, Json>();
  addTo(flat, schema, { value, path: '' });
  return flat;
}

/** What has to be said to come from one to the other; null is a key that is not written. */
export function changesBetween(before: FlatConfig, after: FlatConfig): KeyChange[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys
    .map((key) => ({ key, before: before.get(key) ?? null, value: after.get(key) ?? null }))
    .filter((change) => !isSameValue(change.before, change.value));
}

function addTo(
  flat: Map<string, Json>,
  node: SchemaNode,
  { value, path }: { value: unknown; path: string },
): void {
  if (value === undefined || value === null) return;
  const isGroup = node.properties !== undefined || node.patternProperties !== undefined;
  if (!isGroup || typeof value !== 'object') {
    if (node.secret !== true) flat.set(path, value as Json);
    return;
  }
  for (const [name, content] of Object.entries(value)) {
    const child = childNode(node, name);
    const below = path === '' ? name : `${path}.${name}`;
    if (child !== undefined) addTo(flat, child, { value: content, path: below });
  }
}
