/** `tillgate peripheral log`: the bytes as they pass, in words. */
import { setTimeout as delay } from 'node:timers/promises';
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { LogLines } from '../../daemon/control/peripheral-trial.ts';
import type { Command } from '../command.ts';

/** Often enough to look live, seldom enough to cost nothing. */
const FOLLOW_MS = 300;

export const peripheralLog: Command = {
  words: 'peripheral log',
  summary: 'show the last bytes that passed to and from a peripheral, in words',
  details:
    'The gateway has to run. Payment codes and cards are masked in the words; a recording holds the\nbytes as they were, so give it away with care.',
  arguments: [{ name: 'id', summary: 'the peripheral' }],
  options: [
    { flags: '--follow', summary: 'go on until Ctrl-C' },
    { flags: '--record <file>', summary: 'append the bytes to a file, one line of JSON a chunk' },
  ],
  async run(context, input) {
    const peripheralId = input.argument('id');
    const file = input.option('record');
    const { recordChunks } = await import('../../daemon/control/peripheral-recording.ts');
    await withGateway(context, async (call) => {
      let after = '0';
      for (;;) {
        const log = await call('peripheral.log', { peripheralId, after });
        after = String(log.last);
        if (file !== undefined) recordChunks(file, peripheralId, log.chunks);
        if (!input.flag('follow')) {
          context.output.result(log, textOf(log));
          return;
        }
        for (const line of log.lines) {
          // One document a line: the end of it is the reader's choice.
          if (context.json) process.stdout.write(`${JSON.stringify(line)}\n`);
          else context.output.line(lineText(line));
        }
        if (await isOver(context.signal)) return;
      }
    });
    return undefined;
  },
};

async function isOver(signal: AbortSignal): Promise<boolean> {
  try {
    await delay(FOLLOW_MS, undefined, { signal });
    return false;
  } catch (error) {
    if (signal.aborted) return true;
    throw error;
  }
}

const lineText = ({ at, direction, text }: LogLines['lines'][number]): string =>
  `${at} ${direction === 'in' ? '←' : '→'} ${text}`;

function textOf({ lines }: LogLines): string {
  return lines.length === 0 ? 'Nothing has passed yet.' : lines.map(lineText).join('\n');
}
