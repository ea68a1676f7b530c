import t from 'tap';
import { withDefaults } from '../../config/check-value.ts';
import type { Mask } from '../../drivers/driver.ts';
import { SCANNER_DRIVERS } from '../../drivers/scanner/scanner-drivers.ts';
import type { Transport } from '../../drivers/transport/transport.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { must } from '../../protocol/must.ts';
import { ByteLog, masksOf } from './byte-log.ts';

const never = new Promise<never>(() => undefined);

function pipe(): { transport: Transport; arrive: (text: string) => void } {
  let listen: (bytes: Uint8Array) => void = () => undefined;
  const transport: Transport = {
    address: 'tcp://127.0.0.1:1',
    closed: never,
    onData: (listener) => {
      listen = listener;
    },
    write: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return { transport, arrive: (text) => listen(Buffer.from(text)) };
}

void t.test('a payment code passes whole, and is kept, told and given out masked', (t) => {
  const driver = must(
    SCANNER_DRIVERS.find(({ id }) => id === 'scanner/serial'),
    'it is there',
  );
  const options = withDefaults(driver.options, {}) as Record<string, unknown>;
  const log = new ByteLog(systemClock);
  const { transport, arrive } = pipe();
  const noted = log.over(transport, masksOf(driver, options));
  const passed: string[] = [];
  noted.onData((bytes) => passed.push(Buffer.from(bytes).toString()));
  arrive('134567');
  arrive('890123456789\r4006381333931\r');
  t.equal(passed.join(''), '134567890123456789\r4006381333931\r');
  const kept = Buffer.concat(log.since(0).map(({ bytes }) => bytes)).toString();
  t.equal(kept.length, passed.join('').length);
  t.notMatch(kept, '567890123456');
  t.match(kept, '4006381333931', 'other codes stay as they are');
  t.notMatch(JSON.stringify(log.since(0)), 'whole');
  const told = JSON.stringify(log.explain(driver.createExplain(options), 0));
  t.notMatch(told, '134567890123456789');
  t.end();
});

void t.test('what is kept is bounded, the oldest goes first', async (t) => {
  const log = new ByteLog(systemClock);
  const mask: Mask = (bytes) => Uint8Array.from(bytes);
  const noted = log.over(pipe().transport, { in: mask, out: mask });
  for (let at = 0; at < 20; at += 1) await noted.write(Buffer.alloc(20_000, at));
  const kept = log.since(0);
  t.equal(log.last, 20);
  t.ok(kept.length <= 4, `${kept.length} of 16 KiB`);
  t.equal(kept.at(-1)?.bytes[0], 19);
  t.same(
    log.since(19).map(({ number }) => number),
    [20],
  );
});
