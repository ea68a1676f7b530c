/** The JSON Schema of a configuration file for editors: what has a default need not be written. */
import type { SchemaNode } from './schema-node.ts';

export function publishedSchema(schema: SchemaNode): SchemaNode & { $schema: string } {
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...withoutDefaulted(schema) };
}

function withoutDefaulted(node: SchemaNode): SchemaNode {
  const copy: SchemaNode = { ...node };
  if (node.properties !== undefined) copy.properties = mapped(node.properties);
  if (node.patternProperties !== undefined) {
    copy.patternProperties = mapped(node.patternProperties);
  }
  if (node.required !== undefined) {
    copy.required = node.required.filter((key) => node.properties?.[key]?.default === undefined);
  }
  return copy;
}

const mapped = (nodes: Readonly<Record<string, SchemaNode>>): Record<string, SchemaNode> =>
  Object.fromEntries(Object.entries(nodes).map(([key, child]) => [key, withoutDefaulted(child)]));
