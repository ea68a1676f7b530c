/** `tillgate config schema`: the JSON Schema of the file, for editors. */
import { publishedSchema } from '../../config/published-schema.ts';
import type { Command } from '../command.ts';
import { HQ_OPTION, configTarget } from '../config-target.ts';

export const configSchema: Command = {
  words: 'config schema',
  summary: 'print the JSON Schema of the configuration file',
  options: [HQ_OPTION],
  run(context, input) {
    const { kind } = configTarget(context, input);
    const schema = publishedSchema(kind.schema);
    context.output.result(schema, JSON.stringify(schema, null, 2));
    return Promise.resolve(undefined);
  },
};
