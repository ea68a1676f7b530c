/** `tillgate config check`: every problem of the file, or that there is none. */
import type { Command } from '../command.ts';
import { HQ_OPTION, configTarget } from '../config-target.ts';
import { EXIT } from '../exit-code.ts';

export const configCheck: Command = {
  words: 'config check',
  summary: 'look for problems in the configuration',
  options: [HQ_OPTION],
  async run(context, input) {
    const { problemLine, readConfig } = await import('../../config/loader.ts');
    const { kind, file } = configTarget(context, input);
    const reading = readConfig(kind, file);
    if (reading.ok) {
      context.output.result({ valid: true, file, problems: [] }, `${file} is valid.`);
      for (const note of reading.migrated) context.output.note(`Read as of an older form: ${note}`);
      return undefined;
    }
    const lines = reading.problems.map(problemLine).join('\n');
    context.output.result({ valid: false, file, problems: reading.problems }, lines);
    context.output.note(`Error: ${file} cannot be used.\nTry: edit it where it says`);
    return EXIT.config;
  },
};
