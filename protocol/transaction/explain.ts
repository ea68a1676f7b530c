/**
 * Says in words why a value does not match a schema: every problem with its JSON Pointer, what was
 * expected and what was got. The compiled schema decides whether a value is good; this walk over
 * the same schema runs only for bad ones, and ends at the first problem that the list cannot take.
 * It knows the keywords that our schemas use, and a test holds that it finds something exactly when
 * the compiled check fails.
 */
import type { TSchema } from 'typebox';
import { isCalendarDate, isDateTime } from '../calendar.ts';
import { ERROR_CODES } from '../error-codes.ts';
import { isJsonObject } from '../json/json-value.ts';
import type { Json, JsonObject } from '../json/json-value.ts';
import { jsonPointer, shorten } from '../json/pointer.ts';
import { hasType, typeName, withArticle } from '../json/type-name.ts';
import { TRANSACTION_WORDS } from './form-words.ts';
import type { FormWords, SchemaNode } from './form-words.ts';
import { nearestName } from './nearest-name.ts';
import { problem } from './problem.ts';
import type { ProblemList } from './problem.ts';

type Path = (string | number)[];
type Fault = keyof FormWords['codes'];

/** A got value is shown, not repeated in full. */
const GOT_CHARACTERS_MAX = 60;

/** Adds a problem for everything in `value` that `schema` does not allow. */
export function explain(schema: TSchema, value: Json, problems: ProblemList): void {
  explainPart(schema, value, { problems, words: TRANSACTION_WORDS, path: [] });
}

/** The same for a value that stands at `path` of something else, in its words. */
export function explainPart(
  schema: TSchema,
  value: Json,
  { problems, words, path }: { problems: ProblemList; words: FormWords; path: Path },
): void {
  new Explanation(problems, words).visit(schema, value, path);
}

class Explanation {
  readonly #problems: ProblemList;
  readonly #words: FormWords;

  constructor(problems: ProblemList, words: FormWords) {
    this.#problems = problems;
    this.#words = words;
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
      this.#add('typeWrong', path, {
        expected: schema.type,
        got: typeName(value),
        message: `${this.#nameOf(path)} must be ${withArticle(schema.type)}, and is ${withArticle(typeName(value))}.`,
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
        this.#add('memberMissing', [...path, name], {
          message: `${this.#nameOf([...path, name])} is required.`,
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
    this.#add('memberUnknown', at, {
      got: shown(value),
      message: `${this.#nameOf(at)} is not a member of ${this.#words.format}.`,
      ...(near === undefined ? {} : { hint: `Did you mean \`${near}\`?` }),
    });
  }

  #array(schema: SchemaNode, value: readonly Json[], path: Path): void {
    const limit = schema.maxItems;
    if (limit !== undefined && value.length > limit) {
      this.#tooLong(schema, path, { limit, length: value.length, things: 'items' });
    }
    const least = schema.minItems ?? 0;
    if (value.length < least) {
      const message = `${this.#nameOf(path)} has ${value.length} items; it takes at least ${least}.`;
      this.#add('valueInvalid', path, { expected: least, got: value.length, message, schema });
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
      this.#form('dateInvalid', schema, { value, path });
    } else if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) {
      this.#form('valueInvalid', schema, { value, path });
    } else if (schema.minLength !== undefined && length < schema.minLength) {
      this.#form('valueInvalid', schema, { value, path });
    }
  }

  #integer(schema: SchemaNode, value: number, path: Path): void {
    const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = schema;
    // NaN stands for a number that the parser could not take, and has reported.
    if (Number.isNaN(value)) return;
    if (Number.isInteger(value) && value >= minimum && value <= maximum) return;
    this.#add('numberOutOfRange', path, {
      expected: `${minimum} to ${maximum}`,
      got: value,
      message: `${this.#nameOf(path)} must be an integer from ${minimum} to ${maximum}, and is ${value}.`,
      schema,
    });
  }

  #enum(schema: SchemaNode, allowed: readonly Json[], at: { value: Json; path: Path }): void {
    if (allowed.includes(at.value)) return;
    if (typeof at.value !== 'string') {
      this.visit({ type: 'string', ...describedBy(schema) }, at.value, at.path);
    } else if (at.path.at(-1) === 'currency') {
      this.#form('currencyUnknown', schema, { value: at.value, path: at.path });
    } else {
      this.#add('valueInvalid', at.path, {
        expected: [...allowed],
        got: shown(at.value),
        message: `${this.#nameOf(at.path)} must be one of ${allowed.map((word) => JSON.stringify(word)).join(', ')}.`,
        schema,
      });
    }
  }

  #form(fault: Fault, schema: SchemaNode, at: { value: string; path: Path }): void {
    const got = shown(at.value);
    const message = `${this.#nameOf(at.path)} is not of its form: ${JSON.stringify(got)}.`;
    this.#add(fault, at.path, { got, message, schema });
  }

  #tooLong(
    schema: SchemaNode,
    path: Path,
    size: { limit: number; length: number; things: string },
  ): void {
    this.#add('tooLong', path, {
      expected: size.limit,
      got: size.length,
      message: `${this.#nameOf(path)} has ${size.length} ${size.things}; at most ${size.limit} are taken.`,
      schema,
    });
  }

  #add(
    fault: Fault,
    path: Path,
    details: { expected?: Json; got?: Json; message: string; hint?: string; schema?: SchemaNode },
  ): void {
    const { schema, ...rest } = details;
    const code = this.#words.codes[fault];
    const described = schema?.description === undefined ? '' : ` ${schema.description}`;
    const hint = rest.hint ?? `${ERROR_CODES[code].fix}${described}`;
    this.#problems.add(problem(code, jsonPointer(path), { ...rest, hint }));
  }

  /** What a sentence calls the value at `path`. */
  #nameOf(path: Path): string {
    return path.length === 0 ? this.#words.whole : jsonPointer(path);
  }
}

function describedBy(schema: SchemaNode): { description?: string } {
  return schema.description === undefined ? {} : { description: schema.description };
}

function hasFormat(format: string, value: string): boolean {
  return format === 'date' ? isCalendarDate(value) : isDateTime(value);
}

function shown(value: Json): Json {
  if (typeof value === 'string') return shorten(value, GOT_CHARACTERS_MAX);
  const isPlain = value === null || typeof value === 'boolean' || Number.isInteger(value);
  return isPlain ? value : typeName(value);
}
