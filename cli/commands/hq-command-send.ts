/** `tillgate hq command send`: tells gateways to do something, once. */
import type { Command } from '../command.ts';

/** A day: a store that is closed over night gets it in the morning. */
const MINUTES = { fallback: 24 * 60, max: 14 * 24 * 60 };

export const hqCommandSend: Command = {
  words: 'hq command send',
  summary: 'tell gateways to restart a peripheral, to send diagnostics, or to log more',
  details:
    'Actions: restartPeripheral (with --peripheral), fetchDiagnostics, setLogLevel (with --level). ' +
    'Each gateway carries it out once and answers with an entry of its log; `hq command show` has ' +
    'the answers.',
  arguments: [{ name: 'action', summary: 'what to do' }],
  options: [
    { flags: '--chain <chain>', summary: 'the chain', defaultText: 'the only one there is' },
    { flags: '--store <store>', summary: 'the store', defaultText: 'every store of the chain' },
    { flags: '--gateway <gateway>', summary: 'the gateway', defaultText: 'every one there' },
    { flags: '--peripheral <id>', summary: 'the peripheral to restart' },
    { flags: '--level <level>', summary: 'debug, info, warn or error' },
    {
      flags: '--minutes <n>',
      summary: 'not to be begun later than in so many minutes',
      defaultText: String(MINUTES.fallback),
    },
  ],
  async run(context, input) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const minutes = input.integer('minutes', MINUTES.fallback, { min: 1, max: MINUTES.max });
    const given = {
      ...{ chain: input.option('chain'), store: input.option('store') },
      ...{ gateway: input.option('gateway'), peripheralId: input.option('peripheral') },
      level: input.option('level'),
    };
    const words = Object.fromEntries(
      Object.entries(given).filter(([, word]) => word !== undefined),
    );
    const action = input.argument('action');
    const sent = await withHq(context, (call) =>
      call('command.send', { ...words, action, minutes }),
    );
    const text = `Sent as ${sent.commandId}; see tillgate hq command show ${sent.commandId}`;
    context.output.result(sent, text);
    return undefined;
  },
};
