/** Options of a driver as they are typed: `--option baudRate=9600`, each read as its schema says. */
import { childNode, describeAllowed } from '../../config/schema-node.ts';
import type { SchemaNode } from '../../config/schema-node.ts';
import type { DriverDefinition } from '../../drivers/driver.ts';
import type { Json } from '../../protocol/json/json-value.ts';
import { TillgateError } from '../../protocol/errors.ts';

/** Throws `USAGE` for what is no `key=value`; whether a value is allowed is checked later. */
export function typedOptions(
  driver: DriverDefinition,
  words: readonly string[],
): Record<string, Json> {
  const options: Record<string, Json> = {};
  for (const word of words) {
    const at = word.indexOf('=');
    if (at <= 0) {
      throw new TillgateError('USAGE', `--option takes key=value, not ${JSON.stringify(word)}.`);
    }
    const key = word.slice(0, at);
    options[key] = typedValue(childNode(driver.options, key), word.slice(at + 1));
  }
  return options;
}

function typedValue(node: SchemaNode | undefined, text: string): Json {
  if (node?.type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (node?.type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  if (node?.type !== 'array' && node?.type !== 'object') return text;
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    // The schema's check will say what is allowed there.
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** One line for each option of a driver: `width  a whole number from 1 to 99 (default: 42)`. */
export function optionLines({ options }: DriverDefinition): string[] {
  return Object.entries(options.properties ?? {}).map(([key, node]) => {
    const standard =
      node.default === undefined ? '' : ` (default: ${JSON.stringify(node.default)})`;
    return `${key}  ${node.description ?? describeAllowed(node)}${standard}`;
  });
}
