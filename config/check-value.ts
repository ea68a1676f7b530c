/**
 * Holds a value against a schema and reports every problem, each with the path it is at and what
 * would be allowed there. A validator of a library would stop at its own cap of errors and speak of
 * schemas; an operator wants to mend the whole file at once.
 */
import { childNode, describeAllowed } from './schema-node.ts';
import type { SchemaNode } from './schema-node.ts';

export interface ValueProblem {
  code: 'CONFIG_UNKNOWN_KEY' | 'CONFIG_REQUIRED' | 'CONFIG_VALUE';
  path: readonly string[];
  got: unknown;
  /** What is allowed there, in words. */
  allowed: string;
}

export function checkValue(
  node: SchemaNode,
  value: unknown,
  path: readonly string[] = [],
): ValueProblem[] {
  if (node.type === 'object') {
    return isMap(value) ? checkMap(node, value, path) : [refused(node, value, path)];
  }
  if (node.type === 'array') {
    return Array.isArray(value) ? checkList(node, value, path) : [refused(node, value, path)];
  }
  return scalarHolds(node, value) ? [] : [refused(node, value, path)];
}

/** A copy of `value` in which every key left out has its default. Call it on what was checked. */
export function withDefaults(node: SchemaNode, value: unknown): unknown {
  if (value === undefined) {
    return node.default === undefined
      ? undefined
      : withDefaults(node, structuredClone(node.default));
  }
  const { items } = node;
  if (items !== undefined && Array.isArray(value)) {
    return value.map((item: unknown) => withDefaults(items, item));
  }
  if (node.type !== 'object' || !isMap(value)) return value;
  const filled: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(node.properties ?? {}), ...Object.keys(value)])) {
    const child = childNode(node, key);
    const content = child === undefined ? value[key] : withDefaults(child, value[key]);
    if (content !== undefined) filled[key] = content;
  }
  return filled;
}

function checkMap(
  node: SchemaNode,
  value: Readonly<Record<string, unknown>>,
  path: readonly string[],
): ValueProblem[] {
  const problems: ValueProblem[] = [];
  for (const [key, content] of Object.entries(value)) {
    const child = childNode(node, key);
    const childPath = [...path, key];
    if (child !== undefined) problems.push(...checkValue(child, content, childPath));
    else problems.push(unknownKey(node, key, { got: content, path: childPath }));
  }
  for (const key of node.required ?? []) {
    const child = node.properties?.[key];
    if (child === undefined || Object.hasOwn(value, key) || child.default !== undefined) continue;
    const allowed = describeAllowed(child);
    problems.push({ code: 'CONFIG_REQUIRED', path: [...path, key], got: undefined, allowed });
  }
  return problems;
}

function checkList(
  node: SchemaNode,
  value: readonly unknown[],
  path: readonly string[],
): ValueProblem[] {
  if (node.maxItems !== undefined && value.length > node.maxItems) {
    const allowed = `at most ${node.maxItems} items`;
    return [{ code: 'CONFIG_VALUE', path, got: `${value.length} items`, allowed }];
  }
  const { items } = node;
  if (items === undefined) return [];
  return value.flatMap((item, at) => checkValue(items, item, [...path, String(at)]));
}

function scalarHolds(node: SchemaNode, value: unknown): boolean {
  switch (node.type) {
    case 'integer':
      return (
        typeof value === 'number' &&
        Number.isSafeInteger(value) &&
        value >= (node.minimum ?? -Infinity) &&
        value <= (node.maximum ?? Infinity)
      );
    case 'boolean':
      return typeof value === 'boolean';
    default:
      return (
        typeof value === 'string' &&
        (node.enum?.includes(value) ?? true) &&
        (node.pattern === undefined || new RegExp(node.pattern).test(value))
      );
  }
}

const refused = (node: SchemaNode, got: unknown, path: readonly string[]): ValueProblem => {
  const quoted = isText(node) && typeof got === 'number' ? ', written in quotes' : '';
  return { code: 'CONFIG_VALUE', path, got, allowed: `${describeAllowed(node)}${quoted}` };
};

const isText = (node: SchemaNode): boolean => node.type === 'string' || node.enum !== undefined;

function unknownKey(
  node: SchemaNode,
  key: string,
  { got, path }: { got: unknown; path: readonly string[] },
): ValueProblem {
  const known = Object.keys(node.properties ?? {});
  const nearest = nearestKey(key, known);
  const list = known.length === 0 ? 'a name of lower-case letters, digits and -' : known.join(', ');
  const allowed =
    nearest === undefined
      ? `keys here: ${list}`
      : `did you mean ${nearest}? All keys here: ${list}`;
  return { code: 'CONFIG_UNKNOWN_KEY', path, got, allowed };
}

/** More wrong letters than this is another word, not a slip. */
const SLIP_LETTERS_MAX = 3;

/** The known key that was probably meant; undefined where none is near. */
export function nearestKey(key: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({
      candidate,
      distance: distance(key.toLowerCase(), candidate.toLowerCase()),
    }))
    .filter((item) => item.distance <= Math.min(SLIP_LETTERS_MAX, item.candidate.length - 1))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** Levenshtein's distance, one row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
