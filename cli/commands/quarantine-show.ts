/** `tillgate quarantine show`, run on headquarters' home. */
import { ENTRY, entryOf } from '../quarantined-entry.ts';
import type { Command } from '../command.ts';

export const quarantineShow: Command = {
  words: 'quarantine show',
  summary: 'show an entry in quarantine, and what can be done',
  arguments: ENTRY,
  async run(context, input) {
    const { withHq } = await import('../../hq/control/with-hq.ts');
    const at = entryOf(input);
    const shown = await withHq(context, (call) => call('quarantine.show', at));
    const lines = [
      `${shown.origin} ${shown.index}`,
      `reason    ${shown.reason}`,
      `recorded  ${shown.recordedAt ?? 'unknown'}`,
      `header    ${JSON.stringify(shown.header)}`,
      `body      ${shown.bodyBytes} bytes`,
      shown.body ?? '(cannot be read)',
      shown.next,
    ];
    context.output.result(shown, lines.join('\n'));
    return undefined;
  },
};
