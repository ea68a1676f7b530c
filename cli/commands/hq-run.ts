/** `tillgate hq run`: headquarters in the foreground, until SIGTERM or SIGINT. */
import type { Command } from '../command.ts';
import type { CommandInput } from '../command-input.ts';

const PORT = { min: 0, max: 65_535 };

export const hqRun: Command = {
  words: 'hq run',
  summary: 'run headquarters in the foreground',
  details:
    'The first SIGTERM or SIGINT ends it in order, the second at once. Words given here win over ' +
    'hq.yaml.',
  options: [
    { flags: '--database <url>', summary: 'PostgreSQL instead of files under the home' },
    { flags: '--broker <url>', summary: 'an MQTT 3.1.1 broker instead of the embedded one' },
    { flags: '--mqtt-port <n>', summary: 'of the embedded broker; 0 lets the system choose' },
    { flags: '--http-port <n>', summary: 'of the API; 0 lets the system choose' },
  ],
  async run(context, input) {
    const { runHq } = await import('../../hq/main.ts');
    await runHq({
      home: context.home,
      overrides: {
        databaseUrl: input.option('database'),
        brokerUrl: input.option('broker'),
        mqttPort: optionalPort(input, 'mqttPort'),
        httpPort: optionalPort(input, 'httpPort'),
      },
      clock: context.clock,
      signal: context.signal,
      pretty: process.stderr.isTTY,
      environment: process.env,
    });
    return undefined;
  },
};

function optionalPort(input: CommandInput, name: string): number | undefined {
  return input.option(name) === undefined ? undefined : input.integer(name, 0, PORT);
}
