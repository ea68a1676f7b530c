/**
 * Goal: a technician adds a printer and its drawer, a till prints and opens, and everything says what
 * happened. Method: the command line, a real gateway, a real MQTT client, and the simulated printer on
 * TCP in this process.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { PNG } from 'pngjs';
import t from 'tap';
import type { Test } from 'tap';
import { gatewayPaths } from '../../config/paths.ts';
import { hostSimulator, type HostedSimulator } from '../../drivers/simulation/host-simulator.ts';
import { SIMULATORS } from '../../drivers/simulators.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { must } from '../../protocol/must.ts';
import { sampleSale } from '../../protocol/transaction/fixtures/sample-sale.ts';
import { GatewayUnderTest } from '../support/tillgate-process.ts';

t.setTimeout(180_000);

type Message = Record<string, unknown> & { state?: string; result?: Record<string, unknown> };

async function begin(t: Test): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-peripherals-'));
  const pictures: string[] = [];
  const definition = must(
    SIMULATORS.find(({ kind }) => kind === 'printer'),
    'there is a printer',
  );
  const printer = await hostSimulator({
    ...{ definition, folder, schedule: systemSchedule, clock: systemClock, random: Math.random },
    tcp: { host: '127.0.0.1', port: 0 },
    produced: (name) => void pictures.push(name),
  });
  const gateway = new GatewayUnderTest(folder);
  t.teardown(async () => {
    await gateway.stop();
    await printer.close();
    rmSync(folder, { recursive: true });
  });
  return { gateway, printer, pictures };
}

interface Store {
  gateway: GatewayUnderTest;
  printer: HostedSimulator;
  pictures: string[];
}

/** Gives the till's password. */
async function addPrinter(t: Test, { gateway, printer }: Store): Promise<string> {
  await gateway.init();
  const logos = gatewayPaths(gateway.home).logosDir;
  mkdirSync(logos);
  writeFileSync(join(logos, 'store.png'), PNG.sync.write(new PNG({ width: 64, height: 32 })));
  await gateway.ok('config', 'set', 'peripherals.receipts.logo', 'store');
  const { password } = await gateway.addDevice('till-1');
  const wrong = await gateway.run('peripheral', 'add', 'p', '--driver', 'pos-printer/escpos');
  t.equal(wrong.exitCode, 64);
  t.match(wrong.stderr, /pos-printer\/escpos {2}ESC\/POS/, 'help lists the drivers');
  const options = ['--option', 'profile=epson-tm-t88'];
  const words = ['--driver', 'pos-printer/escpos', '--address', printer.address, ...options];
  await gateway.ok('peripheral', 'add', 'receipts', ...words);
  t.match((await gateway.run('peripheral', 'add', 'receipts', ...words)).stderr, /already/);
  t.match((await gateway.run('peripheral', 'test', 'receipts')).stderr, /not running/);

  return password;
}

interface Till {
  until: (fits: (message: Message, topic: string) => boolean) => Promise<Message>;
  ask: (
    peripheralId: string,
    request: { jobId: string; [member: string]: unknown },
  ) => Promise<Message>;
  ready: (peripheralId: string) => Promise<Message>;
  submit: (sale: object) => Promise<unknown>;
}

async function startWithTill(t: Test, gateway: GatewayUnderTest, password: string): Promise<Till> {
  const { mqtt: at } = await gateway.start();
  const place = ['--driver', 'cash-drawer/printer', '--address', 'printer:receipts'];
  await gateway.ok('peripheral', 'add', 'drawer', ...place);
  const till = await mqtt.connectAsync(`mqtt://${at.host}:${at.port}`, {
    ...{ username: 'till-1', password, reconnectPeriod: 0 },
  });
  t.teardown(() => void till.end(true));
  const heard: { topic: string; message: Message }[] = [];
  till.on('message', (topic, payload) => {
    // A state that is cleared.
    if (payload.length === 0) return;
    heard.push({ topic, message: JSON.parse(payload.toString()) as Message });
  });
  await till.subscribeAsync(
    ['peripherals/+/response/till-1', 'peripherals/+/event', 'peripherals/+/state'],
    { qos: 1 },
  );
  await till.subscribeAsync('transactions/till-1/result', { qos: 1 });
  const until = async (fits: (message: Message, topic: string) => boolean): Promise<Message> => {
    for (;;) {
      const found = heard.find(({ topic, message }) => fits(message, topic));
      if (found !== undefined) return found.message;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const ask: Till['ask'] = async (peripheralId, request) => {
    const topic = `peripherals/${peripheralId}/request/till-1`;
    await till.publishAsync(topic, JSON.stringify(request), { qos: 1 });
    return until(({ jobId, state }) => jobId === request.jobId && state !== undefined);
  };
  const ready = (peripheralId: string): Promise<Message> =>
    until(({ state }, topic) => topic === `peripherals/${peripheralId}/state` && state === 'ready');
  const submit = (sale: object): Promise<unknown> =>
    till.publishAsync('transactions/till-1/submit', JSON.stringify(sale), { qos: 1 });
  return { until, ask, ready, submit };
}

const logo = { type: 'logo', name: 'store' };
const document = { blocks: [logo, { type: 'text', text: 'Gutschein' }] };
const print = { jobId: 'v1', operation: 'print', document };
const open = { jobId: 'o1', operation: 'open', operatorId: 'op-7', reason: 'change' };

async function printAndOpen(t: Test, { ask, ready, submit, until }: Till): Promise<void> {
  await ready('receipts');
  await ready('drawer');

  const { transactionId, ...sale } = sampleSale();
  const receipt = { operation: 'printReceipt', transactionId };
  t.match(await ask('receipts', { jobId: 'early', ...receipt }), {
    error: { code: 'JOB_TRANSACTION_UNKNOWN' },
  });
  await submit({ transactionId, ...sale });
  await until(({ outcome }) => outcome === 'accepted');
  t.match(await ask('receipts', { jobId: 'r1', ...receipt }), {
    ...{ state: 'done', result: { confirmed: true } },
  });
  t.match(await ask('receipts', { jobId: 'r2', ...receipt, language: 'zh' }), {
    ...{ state: 'done', result: { copy: 1 } },
  });
  t.match(await ask('receipts', print), { state: 'done' });
  t.match(await ask('receipts', { jobId: 'v2', operation: 'reprint', of: 'v1' }), {
    ...{ state: 'done', result: { copy: 1 } },
  });
  const foreign = { blocks: [{ ...logo, name: 'other' }] };
  t.match(await ask('receipts', { ...print, jobId: 'v3', document: foreign }), {
    ...{ state: 'refused', error: { code: 'RECEIPT_LOGO', path: '/document/blocks/0/name' } },
  });
  const raw = { jobId: 'x', operation: 'printRaw', data: 'AAAA' };
  t.match(await ask('receipts', raw), { state: 'refused', error: { code: 'JOB_RIGHT' } });
  t.match(await ask('drawer', open), { state: 'done' });
}

async function runOutOfPaper(t: Test, { gateway, printer }: Store, till: Till): Promise<void> {
  const { ask, until } = till;
  await printer.command('paper out');
  await until(({ state }, topic) => topic.endsWith('receipts/state') && state === 'notReady');
  t.match(await ask('receipts', { ...print, jobId: 'late' }), {
    ...{ state: 'refused', error: { code: 'PERIPHERAL_NOT_READY' } },
  });
  const list = await gateway.ok('peripheral', 'list');
  t.match(list, /receipts +notReady +PTR_\w+/);
  t.match(await gateway.ok('peripheral', 'log', 'receipts'), /printed up to/);
  t.match((await gateway.status()).peripherals, [
    { peripheralId: 'drawer' },
    { state: 'notReady' },
  ]);
  await gateway.ok('peripheral', 'remove', 'drawer');
  t.match(await ask('drawer', { ...open, jobId: 'o2' }), {
    error: { code: 'PERIPHERAL_UNKNOWN' },
  });
  t.match(await gateway.ok('log', 'verify'), /./);
}

void t.test('a printer with a drawer, from its addition to its last receipt', async (t) => {
  const store = await begin(t);
  const password = await addPrinter(t, store);
  const till = await startWithTill(t, store.gateway, password);
  await printAndOpen(t, till);
  t.equal(store.pictures.length, 4);
  await runOutOfPaper(t, store, till);
});

void t.test('what is plugged in can be looked at, and what should be allowed', async (t) => {
  const { gateway } = await begin(t);
  await gateway.init();
  const found = JSON.parse(await gateway.ok('peripheral', 'scan', '--json')) as object;
  t.match(found, { devices: Array, troubles: Array });
  const rules = await gateway.ok('peripheral', 'scan', '--udev-rules');
  const shipped = new URL('../../systemd/60-tillgate.rules', import.meta.url);
  t.equal(rules.trim(), readFileSync(shipped, 'utf8').trim());
  const unknown = await gateway.run('peripheral', 'simulate', 'toaster');
  t.equal(unknown.exitCode, 64);
  t.match(unknown.stderr, /printer {2}receipt printer/);
});
