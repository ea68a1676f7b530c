/**
 * Builds the nodes of a configuration schema and infers the TypeScript type of what they describe.
 * It makes plain data and nothing else. The validation library that reads submissions would do it
 * too, but at 17 MiB in the gateway's main thread, which checks its configuration once.
 */
import type { SchemaNode } from './schema-node.ts';

/** A node whose values have the type `T`; the type is only known to the compiler. */
export interface Typed<T> extends SchemaNode {
  readonly valueType?: T;
}

/** A key that need not be there and has no default. */
export interface TypedOptional<T> {
  readonly optional: Typed<T>;
}

export type Static<S> = S extends Typed<infer T> ? T : never;

type Member = Typed<unknown> | TypedOptional<unknown>;
type Members = Readonly<Record<string, Member>>;
type RequiredKey<P extends Members> = {
  [K in keyof P]: P[K] extends TypedOptional<unknown> ? never : K;
}[keyof P];
type ObjectOf<P extends Members> = { [K in RequiredKey<P>]: Static<P[K]> } & {
  [K in Exclude<keyof P, RequiredKey<P>>]?: P[K] extends TypedOptional<infer T> ? T : never;
};

/** What beside its type is said of a node. */
type Facts = Omit<SchemaNode, 'type' | 'properties' | 'required' | 'patternProperties' | 'items'>;

export const Type = {
  String: (facts: Facts): Typed<string> => ({ type: 'string', ...facts }),
  Integer: (facts: Facts): Typed<number> => ({ type: 'integer', ...facts }),
  Boolean: (facts: Facts): Typed<boolean> => ({ type: 'boolean', ...facts }),
  Enum: <const V extends string>(values: readonly V[], facts: Facts): Typed<V> => ({
    enum: values,
    ...facts,
  }),
  Array: <T>(items: Typed<T>, facts: Facts): Typed<T[]> => ({ type: 'array', items, ...facts }),
  Optional: <T>(node: Typed<T>): TypedOptional<T> => ({ optional: node }),
  /** Keys that the operator names, each matching `pattern`. */
  Record: <T>(pattern: string, values: Typed<T>, facts: Facts): Typed<Record<string, T>> => ({
    type: 'object',
    patternProperties: { [pattern]: values },
    ...facts,
  }),
  Object: <P extends Members>(properties: P, facts: Facts): Typed<ObjectOf<P>> => ({
    type: 'object',
    required: Object.keys(properties).filter((key) => !isOptional(properties[key])),
    properties: Object.fromEntries(
      Object.entries(properties).map(([key, member]) => [key, nodeOf(member)]),
    ),
    additionalProperties: false,
    ...facts,
  }),
};

const isOptional = (member: Member | undefined): member is TypedOptional<unknown> =>
  member !== undefined && 'optional' in member;

const nodeOf = (member: Member): SchemaNode => (isOptional(member) ? member.optional : member);
