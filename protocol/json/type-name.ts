/** What sentences call the type of a JSON value. Numbers are integers, or NaN for one that is not. */
import type { Json } from './json-value.ts';

export type JsonType = 'object' | 'array' | 'string' | 'integer' | 'boolean' | 'null';

export function hasType(type: JsonType, value: Json): boolean {
  return type === 'integer' ? typeof value === 'number' : typeName(value) === type;
}

export function typeName(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isNaN(value) ? 'number' : 'integer';
  return typeof value;
}

export function withArticle(type: string): string {
  if (type === 'null') return 'null';
  return /^[aio]/.test(type) ? `an ${type}` : `a ${type}`;
}
