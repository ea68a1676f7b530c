/** `tillgate run`: the gateway in the foreground, until SIGTERM or SIGINT. */
import type { Command } from '../command.ts';

export const run: Command = {
  words: 'run',
  summary: 'run the gateway in the foreground',
  details: 'The first SIGTERM or SIGINT ends it in order, the second at once.',
  async run(context) {
    const { runGateway } = await import('../../daemon/main.ts');
    await runGateway({
      home: context.home,
      clock: context.clock,
      signal: context.signal,
      pretty: process.stderr.isTTY,
      environment: process.env,
    });
    return undefined;
  },
};
