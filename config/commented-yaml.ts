/**
 * The configuration file that `init` writes: every key with its help and what is allowed as a
 * comment, the values given or the defaults as its values, optional keys without one commented out.
 */
import { stringify } from 'yaml';
import { describeAllowed } from './schema-node.ts';
import type { SchemaNode } from './schema-node.ts';

/** Comments are folded so that the file reads well in a terminal. */
const LINE_CHARACTERS_MAX = 96;

/** `values` holds what differs from the defaults, in the shape of the configuration. */
export function commentedYaml(
  schema: SchemaNode,
  values: Readonly<Record<string, unknown>>,
): string {
  const title = `${schema.title ?? 'Tillgate'}: see \`tillgate config check\` and \`tillgate config schema\`.`;
  return [`# ${title}`, '', ...mapLines(schema, values, '')].join('\n');
}

function mapLines(
  node: SchemaNode,
  values: Readonly<Record<string, unknown>>,
  indent: string,
): string[] {
  const lines: string[] = [];
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    if (lines.length > 0 && indent === '') lines.push('');
    lines.push(
      ...commentLines(child, indent),
      ...keyLines(key, child, { given: values[key], indent }),
    );
  }
  if (indent === '') lines.push('');
  return lines;
}

function keyLines(
  key: string,
  node: SchemaNode,
  { given, indent }: { given: unknown; indent: string },
): string[] {
  if (node.properties !== undefined) {
    const values = typeof given === 'object' && given !== null ? given : {};
    const inner = mapLines(node, values as Record<string, unknown>, `${indent}  `);
    // A group of which nothing is set would read as an empty value: it is commented out as a whole.
    const isEmpty = inner.every((line) => /^\s*(?:#|$)/.test(line));
    return [`${indent}${isEmpty ? '# ' : ''}${key}:`, ...inner];
  }
  const value = given ?? node.default;
  if (value === undefined) return [`${indent}# ${key}:`];
  const text = stringify({ [key]: value }, { lineWidth: 0, aliasDuplicateObjects: false });
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `${indent}${line}`);
}

function commentLines(node: SchemaNode, indent: string): string[] {
  const allowed = node.properties === undefined && node.patternProperties === undefined;
  const text = [node.description, allowed ? `Allowed: ${describeAllowed(node)}.` : undefined]
    .filter((part) => part !== undefined)
    .join(' ');
  return fold(text, LINE_CHARACTERS_MAX - indent.length - 2).map((line) => `${indent}# ${line}`);
}

function fold(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}
