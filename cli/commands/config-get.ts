/** `tillgate config get`: what counts, defaults included. */
import { nodeAt } from '../../config/schema-node.ts';
import type { SchemaNode } from '../../config/schema-node.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { Command } from '../command.ts';
import { HQ_OPTION, configTarget } from '../config-target.ts';

export const configGet: Command = {
  words: 'config get',
  summary: 'print the configuration, or one key of it',
  details: 'Defaults are included; secrets are not shown unless asked for by their own key.',
  arguments: [
    { name: 'key', summary: 'such as mqtt.port; without it everything', required: false },
  ],
  options: [HQ_OPTION],
  async run(context, input) {
    const { stringify } = await import('yaml');
    const { loadConfig } = await import('../../config/loader.ts');
    const { kind, file } = configTarget(context, input);
    const config: unknown = loadConfig(kind, file);
    const key = input.optionalArgument('key');
    const value =
      key === undefined ? masked(kind.schema, config) : valueAt(kind.schema, config, key);
    context.output.result(value, typeof value === 'string' ? value : stringify(value).trimEnd());
    return undefined;
  },
};

function valueAt(schema: SchemaNode, config: unknown, key: string): unknown {
  const path = key.split('.');
  if (nodeAt(schema, path) === undefined) {
    throw new TillgateError('CONFIG_UNKNOWN_KEY', `There is no key ${key}.`);
  }
  let value: unknown = config;
  for (const part of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined;
  }
  return value ?? null;
}

function masked(node: SchemaNode, value: unknown): unknown {
  if (node.secret === true) return '[secret]';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, content]): [string, unknown] => {
    const child = nodeAt(node, [key]);
    return [key, child === undefined ? content : masked(child, content)];
  });
  return Object.fromEntries(entries);
}
