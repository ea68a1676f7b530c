/** `tillgate hq command list`: what gateways were told, and what became of it. */
import type { Command } from '../command.ts';
import { asTable } from '../table.ts';

export const hqCommandList: Command = {
  words: 'hq command list',
  summary: 'list the commands to gateways and their states',
  async run(context) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const answer = await withHq(context, (call) => call('command.list', {}));
    const rows = answer.commands.map(({ chain, store, document, answers }) => [
      ...[document.commandId, document.action],
      [chain, store, document.gateway].filter((part) => (part ?? '') !== '').join('/'),
      document.expiresAt ?? '',
      answers.map(({ state }) => state).join(', '),
    ]);
    const table = asTable(['command', 'action', 'for', 'expires', 'answers'], rows);
    context.output.result(answer, rows.length === 0 ? 'There are none.' : table);
    return undefined;
  },
};
