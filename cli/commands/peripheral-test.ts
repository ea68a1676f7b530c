/** `tillgate peripheral test`: a test page, a weight, or the next scan. */
import { withGateway } from '../../daemon/control/with-gateway.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-code.ts';

const SECONDS = { min: 1, max: 25 };

export const peripheralTest: Command = {
  words: 'peripheral test',
  summary: 'try a peripheral: print a test page, weigh, or wait for a scan',
  details: 'The gateway has to run. What is tried is harmless; no drawer is opened by it.',
  arguments: [{ name: 'id', summary: 'the peripheral' }],
  options: [{ flags: '--seconds <n>', summary: 'how long to wait (default: 15)' }],
  async run(context, input) {
    const peripheralId = input.argument('id');
    const seconds = input.integer('seconds', 15, SECONDS);
    context.output.note(`Trying ${peripheralId}, for ${seconds} s at most …`);
    const result = await withGateway(context, (call) =>
      call('peripheral.test', { peripheralId, seconds: String(seconds) }),
    );
    const { answer } = result;
    const nothing = 'Nothing happened: scan a code, lay on a tag or a weight while this waits.';
    context.output.result(result, answer === undefined ? nothing : JSON.stringify(answer, null, 2));
    const isDone = result.kind === 'event' || (answer as { state?: string }).state === 'done';
    return answer !== undefined && isDone ? undefined : EXIT.check;
  },
};
