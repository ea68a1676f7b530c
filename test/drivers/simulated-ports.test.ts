/** Simulated devices behind what the gateway opens: terminals, TCP, packets; cards are in test/pcsc. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type {
  SimulatedDevice,
  SimulatorContext,
  SimulatorDefinition,
} from '../../drivers/simulator.ts';
import { hostSimulator } from '../../drivers/simulation/host-simulator.ts';
import type { HostOptions, HostedSimulator } from '../../drivers/simulation/host-simulator.ts';
import { openTransport } from '../../drivers/transport/open-transport.ts';
import type { Transport } from '../../drivers/transport/transport.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { needTool } from '../support/need-tool.ts';

/** Answers each piece with the number of its connection and the piece. */
class Echo implements SimulatedDevice {
  readonly #context: SimulatorContext;
  #connections = 0;

  constructor(context: SimulatorContext) {
    this.#context = context;
  }

  connected(): void {
    this.#connections += 1;
  }

  receive(bytes: Uint8Array): void {
    if (bytes[0] === 0xff) this.#context.unplug();
    else this.#context.send(Uint8Array.of(this.#connections, ...bytes));
  }

  command(line: string): string {
    if (line === 'connections') return String(this.#connections);
    this.#context.produced('said.txt', new TextEncoder().encode(line));
    return `echo ${line}`;
  }

  close(): void {
    this.#connections = 0;
  }
}

function echo(carrier: SimulatorDefinition['carrier']): SimulatorDefinition {
  return {
    kind: 'echo',
    title: 'echo',
    category: 'scale',
    driver: 'none',
    driverOptions: {},
    carrier,
    commands: {},
    create: (_options, context) => new Echo(context),
  };
}

function host(t: Test, carrier: SimulatorDefinition['carrier'], more: Partial<HostOptions> = {}) {
  // Not the test's own folder: the path of a socket has to be short.
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-'));
  t.teardown(() => {
    rmSync(folder, { recursive: true });
  });
  const common = { folder, schedule: systemSchedule, clock: systemClock, random: () => 0.5 };
  return hostSimulator({ definition: echo(carrier), ...common, ...more });
}

async function answerTo(port: Transport, value: number): Promise<number[]> {
  const answer = new Promise<number[]>((resolve) => {
    const bytes: number[] = [];
    port.onData((chunk) => {
      bytes.push(...chunk);
      if (bytes.length === 2) resolve(bytes);
    });
  });
  await port.write(Uint8Array.of(value));
  return answer;
}

/** A terminal notices that it was opened a moment later than a socket. */
async function connected(hosted: HostedSimulator, times: number): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 10) {
    if ((await hosted.command('connections')) === String(times)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const KINDS: readonly (readonly [string, SimulatorDefinition['carrier'], Partial<HostOptions>])[] =
  [
    ['serial', 'stream', {}],
    ['tcp', 'stream', { tcp: { host: '127.0.0.1', port: 0 } }],
    ['hidraw', 'packets', {}],
  ];

for (const [scheme, carrier, more] of KINDS) {
  void t.test(`${scheme}: answers, is unplugged and plugged in under one address`, async (t) => {
    if (scheme === 'serial' && !needTool(t, 'python3')) return;
    const hosted = await host(t, carrier, more);
    const { address } = hosted;
    t.match(address, new RegExp(`^${scheme}:`));
    const port = await openTransport(address);
    await connected(hosted, 1);
    t.same(await answerTo(port, 7), [1, 7]);
    t.equal(await hosted.command('unplug'), 'unplugged');
    t.equal((await port.closed).reason, 'unplugged');
    await t.rejects(openTransport(address), { code: 'TRANSPORT_ABSENT' });
    t.equal(await hosted.command('plug'), 'plugged in');
    t.equal(hosted.address, address);
    const again = await openTransport(address);
    await connected(hosted, 2);
    t.same(await answerTo(again, 8), [2, 8], 'the same device');
    await again.write(Uint8Array.of(0xff));
    t.equal((await again.closed).reason, 'unplugged', 'the device may unplug itself');
    await hosted.close();
    await hosted.close();
  });
}

void t.test('words that are not of the host are the device’s own', async (t) => {
  const produced: string[] = [];
  const hosted = await host(t, 'packets', { produced: (name) => void produced.push(name) });
  t.equal(await hosted.command(' paper out '), 'echo paper out');
  t.same(produced, ['said.txt']);
  t.ok(Object.hasOwn(hosted.commands, 'unplug'));
  await hosted.close();
});

void t.test('without a virtual reader it says what to install', async (t) => {
  await t.rejects(host(t, 'card', { card: { port: 9 } }), {
    code: 'TRANSPORT_PACKAGE_MISSING',
    hint: /vsmartcard-vpcd/,
  });
});

void t.test('two gateways at one simulated port: the newer is served', async (t) => {
  const hosted = await host(t, 'stream', { tcp: { host: '127.0.0.1', port: 0 } });
  const first = await openTransport(hosted.address);
  await connected(hosted, 1);
  t.same(await answerTo(first, 1), [1, 1]);
  const second = await openTransport(hosted.address);
  await connected(hosted, 2);
  t.same(await answerTo(second, 2), [2, 2]);
  t.equal((await first.closed).reason, 'unplugged');
  await hosted.close();
  await second.closed;
});
