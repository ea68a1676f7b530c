/**
 * Says in words why a value does not match a schema: every problem with its JSON Pointer, what was
 * expected and what was got. The compiled schema decides whether a value is good; this walk over
 * the same schema runs only for bad ones, and ends at the first problem that the list cannot take.
 * It knows the keywords that schema.ts uses, and a test holds that it finds something exactly when
 * the compiled check fails.
 */
import type { TSchema } from 'typebox';
import { isCalendarDate, isDateTime } from '../calendar.ts';
import { ERROR_CODES } from '../error-codes.ts';
import type { ErrorCode } from '../errors.ts';
import { isJsonObject } from '../json/json-value.ts';
import type { Json, JsonObject } from '../json/json-value.ts';
import { jsonPointer, shorten } from '../json/pointer.ts';
import { nearestName } from './nearest-name.ts';
import { problem } from './problem.ts';
import type { ProblemList } from './problem.ts';

/** The part of JSON Schema that the transaction schema is written in. */
type SchemaNode = {
  type?: 'object' | 'array' | 'string' | 'integer' | 'boolean' | 'null';
  description?: string;
  properties?: Record<string, SchemaNode>;
  required?: readonly string[];
  additionalProperties?: boolean;
  patternProperties?: Record<string, SchemaNode>;
  maxProperties?: number;
  items?: SchemaNode;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  enum?: readonly Json[];
  anyOf?: readonly SchemaNode[];
};

type Path = (string | number)[];

/** A got value is shown, not repeated in full. */
const GOT_CHARACTERS_MAX = 60;

/** Adds a problem for everything in `value` that `schema` does not allow. */
export function explain(schema: TSchema, value: Json, problems: ProblemList): void {
  new Explanation(problems).visit(schema, value, []);
}

class Explanation {
  readonly #problems: ProblemList;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  visit(schema: SchemaNode, value: Json, path: Path): void {
    // A megabyte of nonsense costs no more than a list of problems does.
    if (this.#problems.omitted > 0) return;
    if (schema.anyOf !== undefined) {
      // The only alternative in use is "or null", which absent members share.
      const inner = schema.anyOf.find((branch) => branch.type !== 'null');
      if (value !== null && inner !== undefined) this.visit(inner, value, path);
      return;
    }
    if (schema.enum !== undefined) {
      this.#enum(schema, schema.enum, { value, path });
      return;
    }
    if (schema.type === undefined) return;
    if (!hasType(schema.type, value)) {
      this.#add('TXN_TYPE_WRONG', path, {
        expected: schema.type,
        got: typeName(value),
        message: `${nameOf(path)} must be ${article(schema.type)}, and is ${article(typeName(value))}.`,
        schema,
      });
      return;
    }
    if (isJsonObject(value)) this.#object(schema, value, path);
    else if (Array.isArray(value)) this.#array(schema, value, path);
    else if (typeof value === 'string') this.#string(schema, value, path);
    else if (typeof value === 'number') this.#integer(schema, value, path);
  }

  #object(schema: SchemaNode, value: JsonObject, path: Path): void {
    for (const name of schema.required ?? []) {
      // A required member that is null counts as absent, as everywhere.
      if (!Object.hasOwn(value, name) || value[name] === null) {
        const member = schema.properties?.[name];
        this.#add('TXN_MEMBER_MISSING', [...path, name], {
          message: `${nameOf([...path, name])} is required.`,
          ...(member === undefined ? {} : { schema: member }),
        });
      }
    }
    const names = Object.keys(value);
    const limit = schema.maxProperties;
    if (limit !== undefined && names.length > limit) {
      this.#tooLong(schema, path, { limit, length: names.length, things: 'members' });
    }
    for (const name of names) {
      if (this.#problems.omitted > 0) return;
      this.#member(schema, { name, value: value[name] ?? null }, path);
    }
  }

  #member(schema: SchemaNode, member: { name: string; value: Json }, path: Path): void {
    const { name, value } = member;
    const at = [...path, name];
    const known = schema.properties ?? {};
    if (Object.hasOwn(known, name)) {
      const isMissing = value === null && schema.required?.includes(name) === true;
      if (known[name] !== undefined && !isMissing) this.visit(known[name], value, at);
      return;
    }
    for (const [pattern, inner] of Object.entries(schema.patternProperties ?? {})) {
      if (new RegExp(pattern).test(name)) {
        this.visit(inner, value, at);
        return;
      }
    }
    if (schema.additionalProperties !== false) return;
    const near = nearestName(name, Object.keys(known));
    this.#add('TXN_MEMBER_UNKNOWN', at, {
      got: shown(value),
      message: `${nameOf(at)} is not a member of the transaction format.`,
      ...(near === undefined ? {} : { hint: `Did you mean \`${near}\`?` }),
    });
  }

  #array(schema: SchemaNode, value: readonly Json[], path: Path): void {
    const limit = schema.maxItems;
    if (limit !== undefined && value.length > limit) {
      this.#tooLong(schema, path, { limit, length: value.length, things: 'items' });
    }
    if (schema.items === undefined) return;
    for (const [at, item] of value.entries()) this.visit(schema.items, item, [...path, at]);
  }

  #string(schema: SchemaNode, value: string, path: Path): void {
    const length = Array.from(value).length;
    const limit = schema.maxLength;
    if (limit !== undefined && length > limit) {
      this.#tooLong(schema, path, { limit, length, things: 'characters' });
    }
    if (schema.format !== undefined && !hasFormat(schema.format, value)) {
      this.#form('TXN_DATE_INVALID', schema, { value, path });
    } else if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) {
      this.#form('TXN_VALUE_INVALID', schema, { value, path });
    } else if (schema.minLength !== undefined && length < schema.minLength) {
      this.#form('TXN_VALUE_INVALID', schema, { value, path });
    }
  }

  #integer(schema: SchemaNode, value: number, path: Path): void {
    const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = schema;
    // NaN stands for a number that the parser could not take, and has reported.
    if (Number.isNaN(value) || (value >= minimum && value <= maximum)) return;
    this.#add('TXN_NUMBER_OUT_OF_RANGE', path, {
      expected: `${minimum} to ${maximum}`,
      got: value,
      message: `${nameOf(path)} must be from ${minimum} to ${maximum}, and is ${value}.`,
      schema,
    });
  }

  #enum(schema: SchemaNode, allowed: readonly Json[], at: { value: Json; path: Path }): void {
    if (allowed.includes(at.value)) return;
    if (typeof at.value !== 'string') {
      this.visit({ type: 'string', ...describedBy(schema) }, at.value, at.path);
    } else if (at.path.at(-1) === 'currency') {
      this.#form('TXN_CURRENCY_UNKNOWN', schema, { value: at.value, path: at.path });
    } else {
      this.#add('TXN_VALUE_INVALID', at.path, {
        expected: [...allowed],
        got: shown(at.value),
        message: `${nameOf(at.path)} must be one of ${allowed.map((word) => JSON.stringify(word)).join(', ')}.`,
        schema,
      });
    }
  }

  #form(code: ErrorCode, schema: SchemaNode, at: { value: string; path: Path }): void {
    const got = shown(at.value);
    const message = `${nameOf(at.path)} is not of its form: ${JSON.stringify(got)}.`;
    this.#add(code, at.path, { got, message, schema });
  }

  #tooLong(
    schema: SchemaNode,
    path: Path,
    size: { limit: number; length: number; things: string },
  ): void {
    this.#add('TXN_TOO_LONG', path, {
      expected: size.limit,
      got: size.length,
      message: `${nameOf(path)} has ${size.length} ${size.things}; at most ${size.limit} are taken.`,
      schema,
    });
  }

  #add(
    code: ErrorCode,
    path: Path,
    details: { expected?: Json; got?: Json; message: string; hint?: string; schema?: SchemaNode },
  ): void {
    const { schema, ...rest } = details;
    const described = schema?.description === undefined ? '' : ` ${schema.description}`;
    const hint = rest.hint ?? `${ERROR_CODES[code].fix}${described}`;
    this.#problems.add(problem(code, jsonPointer(path), { ...rest, hint }));
  }
}

function describedBy(schema: SchemaNode): { description?: string } {
  return schema.description === undefined ? {} : { description: schema.description };
}

function hasType(type: NonNullable<SchemaNode['type']>, value: Json): boolean {
  return type === 'integer' ? typeof value === 'number' : typeName(value) === type;
}

function typeName(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isNaN(value) ? 'number' : 'integer';
  return typeof value;
}

function article(type: string): string {
  if (type === 'null') return 'null';
  return /^[aio]/.test(type) ? `an ${type}` : `a ${type}`;
}

function hasFormat(format: string, value: string): boolean {
  return format === 'date' ? isCalendarDate(value) : isDateTime(value);
}

/** What a sentence calls the value at `path`. */
function nameOf(path: Path): string {
  return path.length === 0 ? 'The transaction' : jsonPointer(path);
}

function shown(value: Json): Json {
  if (typeof value === 'string') return shorten(value, GOT_CHARACTERS_MAX);
  const isPlain = value === null || typeof value === 'boolean' || Number.isInteger(value);
  return isPlain ? value : typeName(value);
}
