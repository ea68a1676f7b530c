/** `tillgate conflict show` */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import { CONFLICTS_OF_HQ, isAboutHq } from '../conflict-target.ts';
import type { Command } from '../command.ts';

export const conflictShow: Command = {
  words: 'conflict show',
  summary: 'show a conflict with what both sides say',
  arguments: [{ name: 'id', summary: 'as `conflict list` shows it' }],
  options: [CONFLICTS_OF_HQ],
  async run(context, input) {
    const params = { conflictId: input.argument('id') };
    const shown = isAboutHq(context, input)
      ? await (
          await import('../../hq/control/with-hq.ts')
        ).withHq(context, (call) => call('conflict.show', params))
      : await withGateway(context, (call) => call('conflict.show', params));
    const sides = shown.sides.flatMap(({ origin, index, says }, at) => {
      const entry = shown.entries[at] ?? null;
      const stands = at === shown.winner ? ', stands' : '';
      return [
        `side ${at}    ${origin} ${index}${stands}${says === null ? '' : `: ${says}`}`,
        entry === null ? '(the entry is not here)' : JSON.stringify(entry.header),
        ...(entry?.body === undefined || entry.body === null || entry.body === ''
          ? []
          : [entry.body]),
      ];
    });
    const lines = [
      shown.conflictId,
      `rule      ${shown.rule}: ${shown.decides ?? 'of a later release'}`,
      `about     ${shown.datum}`,
      `state     ${shown.state}, by ${shown.by === 'rule' ? 'its rule' : 'a person'}`,
      `found     ${shown.foundAt ?? 'unknown'}`,
      ...(shown.consequence === null ? [] : [`follows   ${shown.consequence}`]),
      ...sides,
      shown.next,
    ];
    context.output.result(shown, lines.join('\n'));
    return undefined;
  },
};
