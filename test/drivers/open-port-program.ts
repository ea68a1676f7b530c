/**
 * A process that opens a port: `open-port-program.ts ADDRESS hold|exit`. Prints one line of JSON,
 * `{"state":"open"}` or the error; then holds the port until it is killed, or calls process.exit().
 */
import { openTransport } from '../../drivers/transport/open-transport.ts';
import { isTillgateError } from '../../protocol/errors.ts';

const [address = '', then = 'exit'] = process.argv.slice(2);

function say(line: object): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(`${JSON.stringify(line)}\n`, () => resolve());
  });
}

try {
  const port = await openTransport(address);
  port.onData(() => undefined);
  await say({ state: 'open' });
  if (then === 'exit') process.exit(0);
} catch (error) {
  if (!isTillgateError(error)) throw error;
  await say({ state: 'refused', code: error.code, message: error.message, hint: error.hint });
  process.exit(0);
}
