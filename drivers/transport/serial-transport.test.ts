import { SerialPortMock } from 'serialport';
import type { SerialPort } from 'serialport';
import t from 'tap';
import { systemSchedule } from '../../platform/schedule.ts';
import { SerialTransport } from './serial-transport.ts';
import type { ControlLines } from './transport.ts';

/** A port of the package's own mock, whose modem lines the test sets. */
async function mockPort() {
  SerialPortMock.binding.createPort('/dev/null');
  const port = await new Promise<SerialPortMock>((resolve) => {
    const made = new SerialPortMock({ path: '/dev/null', baudRate: 9600 }, () => resolve(made));
  });
  let lines: ControlLines | undefined = { cts: false, dsr: false, dcd: false };
  let asked = 0;
  port.get = (callback) => {
    asked += 1;
    const answer = lines;
    setImmediate(() => {
      if (answer === undefined) callback(new Error('Inappropriate ioctl for device'));
      else callback(null, answer);
    });
  };
  return {
    port: port as unknown as SerialPort,
    setLines: (next: ControlLines | undefined) => {
      lines = next;
    },
    asked: () => asked,
  };
}

/** A file that is always there: the presence of the port is not what is tested. */
const quick: typeof systemSchedule = (callback, delayMs) =>
  systemSchedule(callback, delayMs === 200 ? 5 : 60_000);

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 40));

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds() && waited < 10_000; waited += 5) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

void t.test('modem lines are told once at the beginning, and at each change', async (t) => {
  const { port, setLines, asked } = await mockPort();
  const transport = new SerialTransport('serial:/dev/null', port, quick);
  const told: ControlLines[] = [];
  t.equal(asked(), 0, 'nobody asks before somebody listens');
  transport.onLines((lines) => void told.push(lines));
  await until(() => asked() > 2);
  setLines({ cts: true, dsr: false, dcd: false });
  await until(() => told.length > 1);
  t.same(told, [
    { cts: false, dsr: false, dcd: false },
    { cts: true, dsr: false, dcd: false },
  ]);
  await transport.close();
  const before = asked();
  await pause();
  t.equal(asked(), before, 'nobody asks after the end');
});

void t.test('a port without modem lines tells none and lives on', async (t) => {
  const { port, setLines, asked } = await mockPort();
  setLines(undefined);
  const transport = new SerialTransport('serial:/dev/null', port, quick);
  transport.onLines(() => t.fail('there are none'));
  await until(() => asked() > 0);
  await pause();
  t.equal(asked(), 1);
  t.equal(transport.isOver, false);
  await transport.close();
});
