/**
 * Goal: a technician adds a printer and its drawer, a till prints and opens, and everything says what
 * happened. Method: the command line, a real gateway, a real MQTT client, and the simulated printer on
 * TCP in this process.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import t from 'tap';
import { hostSimulator } from '../../drivers/simulation/host-simulator.ts';
import { SIMULATORS } from '../../drivers/simulators.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { must } from '../../protocol/must.ts';
import { sampleSale } from '../../protocol/transaction/fixtures/sample-sale.ts';
import { GatewayUnderTest } from '../support/tillgate-process.ts';

t.setTimeout(180_000);

type Message = Record<string, unknown> & { state?: string; result?: Record<string, unknown> };

void t.test('a printer with a drawer, from its addition to its last receipt', async (t) => {
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
  await gateway.init();
  const { password } = await gateway.addDevice('till-1');
  const wrong = await gateway.run('peripheral', 'add', 'p', '--driver', 'pos-printer/escpos');
  t.equal(wrong.exitCode, 64);
  t.match(wrong.stderr, /pos-printer\/escpos {2}ESC\/POS/, 'help lists the drivers');
  const options = ['--option', 'profile=epson-tm-t88'];
  const words = ['--driver', 'pos-printer/escpos', '--address', printer.address, ...options];
  await gateway.ok('peripheral', 'add', 'receipts', ...words);
  t.match((await gateway.run('peripheral', 'add', 'receipts', ...words)).stderr, /already/);
  t.match((await gateway.run('peripheral', 'test', 'receipts')).stderr, /not running/);

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
  const ask = async (peripheralId: string, request: { jobId: string }): Promise<Message> => {
    const topic = `peripherals/${peripheralId}/request/till-1`;
    await till.publishAsync(topic, JSON.stringify(request), { qos: 1 });
    return until(({ jobId, state }) => jobId === request.jobId && state !== undefined);
  };
  const ready = (peripheralId: string): Promise<Message> =>
    until(({ state }, topic) => topic === `peripherals/${peripheralId}/state` && state === 'ready');
  await ready('receipts');
  await ready('drawer');

  const { transactionId, ...sale } = sampleSale();
  const receipt = { operation: 'printReceipt', transactionId };
  t.match(await ask('receipts', { jobId: 'early', ...receipt } as never), {
    error: { code: 'JOB_TRANSACTION_UNKNOWN' },
  });
  await till.publishAsync(
    'transactions/till-1/submit',
    JSON.stringify({ transactionId, ...sale }),
    {
      qos: 1,
    },
  );
  await until(({ outcome }) => outcome === 'accepted');
  t.match(await ask('receipts', { jobId: 'r1', ...receipt } as never), {
    ...{ state: 'done', result: { confirmed: true } },
  });
  t.match(await ask('receipts', { jobId: 'r2', ...receipt, language: 'zh' } as never), {
    ...{ state: 'done', result: { copy: 1 } },
  });
  const document = { blocks: [{ type: 'text', text: 'Gutschein' }] };
  const print = { jobId: 'v1', operation: 'print', document };
  t.match(await ask('receipts', print), { state: 'done' });
  t.match(await ask('receipts', { jobId: 'v2', operation: 'reprint', of: 'v1' } as never), {
    ...{ state: 'done', result: { copy: 1 } },
  });
  const raw = { jobId: 'x', operation: 'printRaw', data: 'AAAA' };
  t.match(await ask('receipts', raw), { state: 'refused', error: { code: 'JOB_RIGHT' } });
  const open = { jobId: 'o1', operation: 'open', operatorId: 'op-7', reason: 'change' };
  t.match(await ask('drawer', open), { state: 'done' });
  t.equal(pictures.length, 4);

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
  t.match(await ask('drawer', { ...open, jobId: 'o2' } as never), {
    error: { code: 'PERIPHERAL_UNKNOWN' },
  });
  t.match(await gateway.ok('log', 'verify'), /./);
});
