import t from 'tap';
import { systemSchedule } from '../../platform/schedule.ts';
import type { DriverDefinition, Probe, SerialLine } from '../driver.ts';
import { OpenPort } from '../transport/open-port.ts';
import type { OpenOptions } from '../transport/transport.ts';
import { probePort } from './probe.ts';

const LINE_A: SerialLine = { baudRate: 9600, dataBits: 7, parity: 'even', stopBits: 1 };
const LINE_B: SerialLine = { baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 };

function driver(id: string, probes: readonly Probe[]): DriverDefinition {
  return {
    id,
    category: 'scale',
    title: id,
    options: { type: 'object', properties: {} },
    transports: ['serial'],
    fingerprints: [],
    probes,
    operations: {},
    createSession: () => ({ step: () => [] }),
    createExplain: () => () => [],
  };
}

function probe(name: string, line: SerialLine, score = 90): Probe {
  return {
    name,
    line,
    ask: new TextEncoder().encode(name),
    waitMs: 40,
    recognise: (answer) => {
      const text = new TextDecoder().decode(answer);
      return text.startsWith(`${name}!`)
        ? { score, evidence: `it answered to ${name}`, options: { protocol: name } }
        : undefined;
    },
  };
}

/** A scale that speaks one language at one setting, and noise at any other. */
function scale(language: string, line: SerialLine) {
  const opened: (SerialLine | undefined)[] = [];
  let openNow = 0;
  const open = (address: string, options: OpenOptions = {}) => {
    opened.push(options.line);
    openNow += 1;
    const isRight = JSON.stringify(options.line) === JSON.stringify(line);
    const port: OpenPort = new OpenPort(address, {
      write: (bytes) => {
        const asked = new TextDecoder().decode(bytes);
        if (isRight && asked === language) port.received(new TextEncoder().encode(`${asked}!`));
        if (!isRight) port.received(Uint8Array.of(0xff, 0x00, 0x80));
        return Promise.resolve();
      },
      release: () => {
        openNow -= 1;
        return Promise.resolve();
      },
    });
    // What it sends by itself is no answer.
    port.received(new TextEncoder().encode('sics! toledo!'));
    return Promise.resolve(port);
  };
  return { open, opened, stillOpen: () => openNow };
}

const DRIVERS = [driver('a', [probe('toledo', LINE_A), probe('sics', LINE_B)])];
const common = { schedule: systemSchedule, nowMs: () => 0, address: 'serial:/dev/x' };

void t.test('the settings and the language that are answered are found', async (t) => {
  const device = scale('sics', LINE_B);
  const result = await probePort({ ...common, drivers: DRIVERS, open: device.open });
  t.match(result.match, { type: 'match', fit: { driver: 'a', options: { protocol: 'sics' } } });
  t.equal(result.address, 'serial:/dev/x?baudRate=9600&dataBits=8&parity=none&stopBits=1');
  t.same(device.opened, [LINE_A, LINE_B], 'one opening for each setting');
  t.equal(device.stillOpen(), 0);
  t.same(result.tried, [
    'a, toledo at 9600 7E1: ff0080',
    'a, sics at 9600 8N1: it answered to sics',
  ]);
});

void t.test('a device that answers to nothing is none', async (t) => {
  const device = scale('other', LINE_B);
  const result = await probePort({ ...common, drivers: DRIVERS, open: device.open });
  t.same(result.match, { type: 'none' });
  t.equal(result.address, 'serial:/dev/x');
  t.match(result.tried[1], /no answer/);
});

void t.test('two drivers that are answered about as well are ambiguous', async (t) => {
  const device = scale('sics', LINE_B);
  const drivers = [...DRIVERS, driver('b', [probe('sics', LINE_B, 85)])];
  const result = await probePort({ ...common, drivers, open: device.open });
  t.match(result.match, { type: 'ambiguous', fits: [{ driver: 'a' }, { driver: 'b' }] });
});

void t.test('the whole has a deadline, and a port that goes away is no answer', async (t) => {
  const device = scale('sics', LINE_B);
  let nowMs = 0;
  const late = await probePort({
    ...common,
    drivers: DRIVERS,
    open: device.open,
    nowMs: () => (nowMs += 25_000),
  });
  t.equal(late.match.type, 'none');
  t.ok(device.opened.length <= 1);
  const gone = await probePort({
    ...common,
    drivers: DRIVERS,
    open: async (address, options) => {
      const port = await device.open(address, options);
      port.finish({ reason: 'unplugged' });
      return port;
    },
  });
  t.equal(gone.match.type, 'none');
  const signal = AbortSignal.abort();
  const stopped = await probePort({ ...common, drivers: DRIVERS, open: device.open, signal });
  t.same(stopped.tried, []);
});

void t.test('where nobody asks, it says so', async (t) => {
  const { open } = scale('sics', LINE_B);
  await t.rejects(probePort({ ...common, drivers: [], open }), { code: 'DRIVER_UNKNOWN' });
});
