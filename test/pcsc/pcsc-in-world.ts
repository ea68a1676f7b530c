/** Card readers over the real daemon; runs inside pcsc-world.sh, started by pcsc.test.ts. */
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import t from 'tap';
import { systemSchedule } from '../../platform/schedule.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { pcscRfidDriver } from '../../drivers/rfid-scanner/pcsc-rfid-driver.ts';
import { tagSimulator } from '../../drivers/rfid-scanner/tag-simulator.ts';
import { runSession } from '../../drivers/run-session.ts';
import { hostSimulator } from '../../drivers/simulation/host-simulator.ts';
import { openTransport } from '../../drivers/transport/open-transport.ts';
import { listReaders } from '../../drivers/transport/pcsc-transport.ts';

const SOCKET = '/run/pcscd/pcscd.comm';
const READER = 'pcsc:Virtual PCD 00 00';

interface Daemon {
  kill(): Promise<void>;
}

async function startDaemon(): Promise<Daemon> {
  // One that was killed leaves its door behind.
  rmSync(SOCKET, { force: true });
  const child = spawn('pcscd', ['--foreground'], { stdio: 'ignore' });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  await until(() => existsSync(SOCKET));
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds() && waited < 20_000; waited += 20) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function hostTag(options: Readonly<Record<string, string>>) {
  return hostSimulator({
    definition: tagSimulator,
    deviceOptions: options,
    folder: tmpdir(),
    schedule: systemSchedule,
    clock: systemClock,
    random: () => 0.5,
  });
}

async function openReader() {
  const transport = await openTransport(READER);
  const events: { type: string }[] = [];
  const session = runSession({
    machine: pcscRfidDriver.createSession({}, { wallMs: () => 0, nowMs: 0 }),
    transport,
    clock: systemClock,
    schedule: systemSchedule,
    onEffect: (effect) => {
      if (effect.type === 'event') events.push(effect.event);
    },
  });
  return { session, events };
}

void t.test('without a daemon it says what to install, at once', async (t) => {
  const started = performance.now();
  await t.rejects(openTransport(READER), {
    code: 'TRANSPORT_PACKAGE_MISSING',
    hint: /apt-get install pcscd libpcsclite1/,
  });
  await t.rejects(listReaders(), { code: 'TRANSPORT_PACKAGE_MISSING' });
  t.ok(performance.now() - started < 2_000);
});

void t.test('with the daemon', async (t) => {
  let daemon = await startDaemon();
  t.teardown(() => daemon.kill());

  await t.test('readers are listed, and one that is not there is named', async (t) => {
    t.match(await listReaders(), ['Virtual PCD 00 00', 'Virtual PCD 00 01']);
    const code = 'TRANSPORT_ABSENT';
    await t.rejects(openTransport('pcsc:Other'), { code, message: /"Virtual PCD 00 00"/ });
  });

  await t.test('tags of both types are presented, read and removed', async (t) => {
    const { session, events } = await openReader();
    for (const type of ['2', '4']) {
      const tag = await hostTag({ type, uri: 'https://example.com/a' });
      await until(() => events.length === 1);
      t.match(events, [{ type: 'tagPresented', ndef: [{ uri: 'https://example.com/a' }] }]);
      const job = { jobId: `j${type}`, operation: 'read', params: {} };
      t.match(await session.perform(job, 5_000), { state: 'done', result: { ndef: [{}] } });
      await tag.unplug();
      await until(() => events.length === 2);
      t.match(events[1], { type: 'tagRemoved' });
      events.length = 0;
      await tag.close();
    }
    await session.close();
    t.same(await session.closed, { reason: 'requested' });
  });

  await t.test('a tag torn away while it is read is told, and the reader works on', async (t) => {
    const { session, events } = await openReader();
    const tag = await hostTag({});
    await until(() => events.length === 1);
    await tag.unplug();
    await until(() => events.length === 2);
    await tag.command('tear');
    await tag.plug();
    await until(() => events.length === 4);
    t.match(events[2], { type: 'tagPresented', incomplete: true });
    t.match(events[3], { type: 'tagRemoved' });
    await tag.plug();
    await until(() => events.length === 5);
    t.match(events[4], { type: 'tagPresented', ndef: [{ text: 'Tillgate' }] });
    await session.close();
    await tag.close();
  });

  await t.test('a daemon that dies unplugs the reader, and a new one brings it back', async (t) => {
    const { session } = await openReader();
    const job = { jobId: 'waits', operation: 'read', params: {} };
    const waiting = session.perform(job, 60_000);
    await daemon.kill();
    t.equal((await session.closed).reason, 'unplugged');
    t.match(await waiting, { state: 'refused', error: { code: 'PERIPHERAL_ABSENT' } });
    daemon = await startDaemon();
    const again = await openReader();
    const tag = await hostTag({});
    await until(() => again.events.length === 1);
    t.match(again.events, [{ type: 'tagPresented' }]);
    await tag.close();
    await again.session.close();
  });

  await t.test('bytes that are no command end the transport, and writes after it', async (t) => {
    const transport = await openTransport(READER);
    const code = 'TRANSPORT_CLOSED';
    await t.rejects(transport.write(Uint8Array.of(1, 2, 3)), { code });
    t.equal((await transport.closed).reason, 'fault');
    await t.rejects(transport.write(Uint8Array.of(1)), { code });
  });
});
