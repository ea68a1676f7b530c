/** `tillgate hq command show`: one command, with what each gateway answered. */
import type { Command } from '../command.ts';

export const hqCommandShow: Command = {
  words: 'hq command show',
  summary: 'show one command and what gateways answered to it',
  arguments: [{ name: 'id', summary: 'as `hq command send` said' }],
  async run(context, input) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const commandId = input.argument('id');
    const shown = await withHq(context, (call) => call('command.show', { commandId }));
    const lines = [JSON.stringify(shown.document)];
    for (const { origin, index, recordedAt, members, body } of shown.answers.toReversed()) {
      lines.push(`${recordedAt}  ${origin} entry ${index}  ${JSON.stringify(members)}`);
      if (body !== null) lines.push(JSON.stringify(body, null, 2));
    }
    if (shown.answers.length === 0) lines.push('No gateway has answered yet.');
    context.output.result(shown, lines.join('\n'));
    return undefined;
  },
};
