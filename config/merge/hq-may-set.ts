/**
 * What headquarters may say of a gateway's configuration: any key that holds a value, but for those
 * that were decided by `init`, that belong to the machine and its network (addresses, ports, paths,
 * whether there is an uplink at all), secrets, and roles, which have documents of their own. A wrong
 * one of those would cut the store's devices off, or headquarters itself, and nobody there could
 * mend it. Pure.
 */
import type { ErrorCode } from '../../protocol/errors.ts';
import { checkValue, nearestKey } from '../check-value.ts';
import { describeAllowed, nodeAt } from '../schema-node.ts';
import type { SchemaNode } from '../schema-node.ts';
import { allKeys } from '../writer.ts';

export type ConfigRefusal = { code: ErrorCode; message: string };

/** Why headquarters may not set `key` to `value`; undefined where it may. Null is the default. */
export function hqMayNotSet(
  schema: SchemaNode,
  key: string,
  value: unknown,
): ConfigRefusal | undefined {
  const path = key.split('.');
  const node = nodeAt(schema, path);
  if (node === undefined) {
    const nearest = nearestKey(key, allKeys(schema));
    const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
    return { code: 'CONFIG_UNKNOWN_KEY', message: `There is no key ${key}.${hint}` };
  }
  if (path[0] === 'roles') {
    return refused(
      'CONFIG_LOCAL',
      `${key}: headquarters publishes roles as documents of their own.`,
    );
  }
  if (node.fixed === true || key === 'version') {
    return refused('CONFIG_LOCAL', `${key} was decided by tillgate init and stays.`);
  }
  if (isLocal(schema, path) || node.secret === true) {
    return refused('CONFIG_LOCAL', `${key} belongs to the machine; a technician sets it there.`);
  }
  if (node.properties !== undefined || node.patternProperties !== undefined) {
    return refused('CONFIG_VALUE', `${key} is a group; name a key in it.`);
  }
  if (value === null) return undefined;
  const [problem] = checkValue(node, value, path);
  if (problem === undefined) return undefined;
  return refused('CONFIG_VALUE', `${key}: allowed is ${describeAllowed(node)}.`);
}

function isLocal(schema: SchemaNode, path: readonly string[]): boolean {
  return path.some((_, at) => nodeAt(schema, path.slice(0, at + 1))?.local === true);
}

const refused = (code: ErrorCode, message: string): ConfigRefusal => ({ code, message });
