/** `tillgate hq join`: run at the gateway, installs what headquarters handed out. */
import { readFileSync } from 'node:fs';
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';

/** The descriptor of standard input. */
const STANDARD_INPUT = 0;

export const hqJoin: Command = {
  words: 'hq join',
  summary: 'enrol this gateway at headquarters (run at the gateway)',
  arguments: [{ name: 'file', summary: 'the document that `hq store add` printed; - is stdin' }],
  async run(context, input) {
    const file = input.argument('file');
    const text = readFileSync(file === '-' ? STANDARD_INPUT : file, 'utf8');
    const joined = await withGateway(context, (call) => call('enrolment.install', { text }));
    context.output.result(joined, `${joined.origin} is enrolled at ${joined.hqUrl}.`);
    return undefined;
  },
};
