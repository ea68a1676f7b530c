/** `tillgate config set`: one key, validated as a whole before anything is saved. */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import { readFileIfPresent } from '../../platform/durable/atomic-file.ts';
import type { Command, CommandContext } from '../command.ts';
import type { CommandInput } from '../command-input.ts';
import { HQ_OPTION, configTarget } from '../config-target.ts';

export const configSet: Command = {
  words: 'config set',
  summary: 'change one key of the configuration, keeping its comments',
  details: "Lists are written as YAML: '[a, b]'. A change of the gateway is an entry of its log.",
  arguments: [
    { name: 'key', summary: 'such as mqtt.port' },
    { name: 'value', summary: 'the new value' },
  ],
  options: [HQ_OPTION],
  async run(context, input) {
    const request = { key: input.argument('key'), text: input.argument('value') };
    const answer = await change(context, input, request);
    const when = answer.restart ? 'from the next start' : 'at once';
    context.output.result(answer, `${answer.key} is now ${JSON.stringify(answer.value)}, ${when}.`);
    return undefined;
  },
};

async function change(
  context: CommandContext,
  input: CommandInput,
  request: { key: string; text: string },
): Promise<{ key: string; value: unknown; restart: boolean }> {
  const { kind, file } = configTarget(context, input);
  // Headquarters keeps no log of its own, and a file that is broken elsewhere opens no ledger.
  if (input.flag('hq') || !(await isUsable(context, input))) {
    const { setConfigValue } = await import('../../config/writer.ts');
    const { key, value, restart, secret } = setConfigValue(kind, file, request);
    return { key, value: secret ? '[secret]' : value, restart };
  }
  return withGateway(context, (call) => call('config.set', request));
}

async function isUsable(context: CommandContext, input: CommandInput): Promise<boolean> {
  const { parseConfig } = await import('../../config/loader.ts');
  const { kind, file } = configTarget(context, input);
  const bytes = readFileIfPresent(file);
  return bytes === undefined || parseConfig(kind, Buffer.from(bytes).toString(), file).ok;
}
