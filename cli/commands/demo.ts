import type { Command } from '../command.ts';
import { EXIT } from '../exit-code.ts';

/** More tills than a big store has; each is a process. */
const TILLS_MAX = 200;
const TILLS_DEFAULT = 20;

export const demo: Command = {
  words: 'demo',
  summary:
    'send a month of real sales through a gateway to headquarters, with accidents on the way',
  details:
    'Starts headquarters, a gateway and tills as processes of their own, cuts the network, kills ' +
    'the gateway, and compares both sides to the penny. Exit code 0 only if all of it holds.',
  options: [
    {
      flags: '--data <file...>',
      summary: 'sales to replay, .csv or .csv.gz; repeatable',
      defaultText: 'December 2010 of a UK online retailer',
    },
    { flags: '--tills <n>', summary: 'how many tills submit', defaultText: String(TILLS_DEFAULT) },
    {
      flags: '--keep <dir>',
      summary: 'leave the homes in DIR/gateway and DIR/hq, or go on with those that are there',
    },
  ],
  async run(context, input) {
    const { runDemo } = await import('../../demo/main.ts');
    const { result, table, holds } = await runDemo({
      data: input.values('data'),
      tills: input.integer('tills', TILLS_DEFAULT, { min: 1, max: TILLS_MAX }),
      keep: input.option('keep'),
      signal: context.signal,
      voice: {
        note: (text) => context.output.note(text),
        progress: (label, total) => context.output.progress(label, total),
      },
    });
    context.output.result(result, table);
    return holds ? EXIT.ok : EXIT.check;
  },
};
