/**
 * A configuration schema as data: the part of JSON Schema that our schemas use, plus what an
 * operator needs to know of each key. Validation, help, the file that `init` writes and the
 * published JSON Schema are all read from it.
 */
export interface SchemaNode {
  type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  properties?: Readonly<Record<string, SchemaNode>>;
  required?: readonly string[] | undefined;
  /** Keys that the operator names, by pattern; one pattern only. */
  patternProperties?: Readonly<Record<string, SchemaNode>>;
  /** Keys beside the known ones are always refused. */
  additionalProperties?: false;
  items?: SchemaNode;
  enum?: readonly string[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  title?: string;
  default?: unknown;
  /** The help text: a sentence. */
  description?: string;
  /** What the pattern means, in words. */
  allowed?: string;
  /** Never shown. */
  secret?: boolean;
  /** Without it a change counts only from the next start. */
  live?: boolean;
  /** Belongs to this machine and its network, with all below it: headquarters may not say it. */
  local?: boolean;
  /** Decided by `init`; part of what the log is called, so never changed afterwards. */
  fixed?: boolean;
}

/** The node that describes `path`; undefined where the schema has no such key. */
export function nodeAt(schema: SchemaNode, path: readonly string[]): SchemaNode | undefined {
  let node: SchemaNode | undefined = schema;
  for (const key of path) {
    node = childNode(node, key);
    if (node === undefined) return undefined;
  }
  return node;
}

/** Whether a change of `path` counts at once: a key under a live group is live. */
export function isLive(schema: SchemaNode, path: readonly string[]): boolean {
  return path.some((_, at) => nodeAt(schema, path.slice(0, at + 1))?.live === true);
}

/** The node under one key of an object or one place of an array. */
export function childNode(node: SchemaNode, key: string): SchemaNode | undefined {
  const property = Object.hasOwn(node.properties ?? {}, key) ? node.properties?.[key] : undefined;
  if (property !== undefined) return property;
  const [pattern] = Object.entries(node.patternProperties ?? {});
  if (pattern !== undefined && new RegExp(pattern[0]).test(key)) return pattern[1];
  return /^\d+$/.test(key) ? node.items : undefined;
}

/** What a value may be, in words: `a whole number from 0 to 65535`. */
export function describeAllowed(node: SchemaNode): string {
  if (node.allowed !== undefined) return node.allowed;
  if (node.enum !== undefined) return `one of ${node.enum.join(', ')}`;
  switch (node.type) {
    case 'integer':
      return node.minimum === node.maximum ? String(node.minimum) : `a whole number${range(node)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list, each item ${node.items === undefined ? 'anything' : describeAllowed(node.items)}`;
    case 'object':
      return 'a group of keys';
    default:
      return 'text';
  }
}

function range({ minimum, maximum }: SchemaNode): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `, at least ${minimum}`;
  return maximum === undefined ? '' : `, at most ${maximum}`;
}
