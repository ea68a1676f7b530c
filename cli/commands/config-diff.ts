/** `tillgate config diff`: where file, defaults, the running daemon and headquarters differ. */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Verbs } from '../../daemon/control/verbs.ts';
import type { Command } from '../command.ts';
import { asTable } from '../table.ts';
import { shownValue } from '../shown-value.ts';

type Difference = Verbs['config.diff']['result']['differences'][number];

export const configDiff: Command = {
  words: 'config diff',
  summary: 'show what differs: the file, the defaults, what runs, what headquarters says',
  details: 'A key that is the same everywhere is left out. It looks at the file first.',
  async run(context) {
    const answer = await withGateway(context, (call) => call('config.diff', {}));
    const head = ['key', 'default', 'file', 'running', 'headquarters', 'note'];
    const rows = answer.differences.map((one) => [
      ...[one.key, shownValue(one.default), shownValue(one.file)],
      answer.running ? shownValue(one.running) : 'not running',
      one.headquarters === null ? '' : shownValue(one.headquarters.value),
      noteOf(one),
    ]);
    const table = rows.length === 0 ? 'Everything is as by default.' : asTable(head, rows);
    context.output.result(answer, table);
    if (answer.problem !== null) context.output.note(answer.problem);
    return undefined;
  },
};

function noteOf({ headquarters, stands, restart, refused }: Difference): string {
  const notes = [
    headquarters?.locked === true ? 'locked' : '',
    headquarters !== null && stands === 'technician' ? 'the technician’s is later' : '',
    restart ? 'restart needed' : '',
    refused === null ? '' : `refused: ${refused}`,
  ];
  return notes.filter((note) => note !== '').join(', ');
}
