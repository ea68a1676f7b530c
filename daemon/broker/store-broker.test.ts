/**
 * Goal: the contract of topics and roles as devices see it. Method: real clients over real sockets
 * against the assembled broker; only the ledger is a stand-in.
 */
import { once } from 'node:events';
import mqtt from 'mqtt';
import t from 'tap';
import { TillgateError } from '../../protocol/errors.ts';
import { startStoreLab, until, PASSWORD } from '../../test/support/store-lab.ts';
import type { StoreLab } from '../../test/support/store-lab.ts';
import { KEPT_SESSIONS_MAX } from './kept-sessions.ts';

const SUBMIT = 'transactions/t1/submit';
const RESULT = 'transactions/t1/result';

/** The first bytes that a session which comes back hears, CONNACK among them. */
async function firstBytes(lab: StoreLab, deviceId: string, clientId: string): Promise<Buffer> {
  const client = await lab.raw();
  const heard = once(client.socket, 'data') as Promise<[Buffer]>;
  await client.connect(deviceId, { clientId, clean: false });
  return (await heard)[0];
}

void t.test('a submission is answered after the ledger and never forwarded', async (t) => {
  const lab = await startStoreLab(t, {
    devices: ['t1', ['spy', 'spy']],
    roles: { spy: { publish: [], subscribe: ['#'] } },
  });
  const spy = await lab.mqtt('spy');
  const overheard: string[] = [];
  spy.on('message', (topic) => void overheard.push(topic));
  await spy.subscribeAsync('#', { qos: 2 });
  for (const protocol of ['tcp', 'webSocket'] as const) {
    const port = lab.broker.addresses[protocol]?.port ?? 0;
    const url = `${protocol === 'tcp' ? 'mqtt' : 'ws'}://127.0.0.1:${port}`;
    const till = await mqtt.connectAsync(url, { username: 't1', password: PASSWORD });
    t.teardown(() => void till.end(true));
    const results: string[] = [];
    till.on('message', (_topic, payload) => void results.push(payload.toString()));
    await till.subscribeAsync(RESULT, { qos: 1 });
    for (const qos of [0, 1, 2] as const) await till.publishAsync(SUBMIT, `${qos}`, { qos });
    await until(() => results.length === 3);
    t.same(
      results.map((result) => JSON.parse(result) as unknown),
      ['0', '1', '2'].map((of) => ({ outcome: 'accepted', of })),
      protocol,
    );
  }
  t.same(lab.ledger.payloads, ['0', '1', '2', '0', '1', '2']);
  t.same(overheard, Array<string>(6).fill(RESULT), 'a subscriber to # sees results only');
});

void t.test('nothing is acknowledged before its answer, and in order', async (t) => {
  const lab = await startStoreLab(t, { devices: ['t1'] });
  lab.ledger.answersAtOnce = false;
  const till = await lab.raw('t1');
  till.publish(SUBMIT, 'a', { messageId: 11 });
  till.publish(SUBMIT, 'b', { messageId: 12, qos: 2 });
  till.send({ cmd: 'pingreq' });
  await till.next(({ cmd }) => cmd === 'pingresp');
  await until(() => lab.ledger.waiting.length === 2);
  t.same(till.packets, [], 'the broker lives, the submissions wait');
  lab.ledger.waiting[1]?.resolve();
  till.send({ cmd: 'pingreq' });
  await till.next(({ cmd }) => cmd === 'pingresp');
  t.same(till.packets, [], 'the second waits for the first');
  lab.ledger.waiting[0]?.resolve();
  await until(() => till.packets.length === 2);
  t.match(till.packets, [
    { cmd: 'puback', messageId: 11 },
    { cmd: 'pubrec', messageId: 12 },
  ]);
  till.send({ cmd: 'pubrel', messageId: 12 });
  t.match(await till.next(({ cmd }) => cmd === 'pubcomp'), { messageId: 12 });
});

void t.test('two thousand submissions in one write are answered in order', async (t) => {
  const lab = await startStoreLab(t, { devices: ['t1'] });
  const till = await lab.raw('t1');
  await till.subscribe(RESULT);
  const ids = Array.from({ length: 2000 }, (_, at) => at + 1);
  till.send(
    ...ids.map((messageId) => ({
      cmd: 'publish' as const,
      topic: SUBMIT,
      payload: `${messageId}`.padStart(1024),
      qos: 1 as const,
      messageId,
      dup: false,
      retain: false,
    })),
  );
  await until(() => till.packets.length === 4000);
  const acknowledged = till.packets.filter((packet) => packet.cmd === 'puback');
  const results = till.packets.filter((packet) => packet.cmd === 'publish');
  t.same(
    acknowledged.map(({ messageId }) => messageId),
    ids,
  );
  t.same(
    results.map(({ payload }) => Number((JSON.parse(payload.toString()) as { of: string }).of)),
    ids,
  );
  t.equal(new Set(results.map(({ messageId }) => messageId)).size, 2000, 'each has its own id');
});

void t.test('a role says what may be published and subscribed', async (t) => {
  const lab = await startStoreLab(t, {
    devices: ['t1', 't2', ['d1', 'display'], ['odd', 'odd']],
    roles: { odd: { publish: ['transactions/+/submit'], subscribe: [] } },
  });
  const publishes: [string, string, boolean][] = [
    ['t1', 'queries/t1/request', true],
    ['t1', 'peripherals/printer/request/t1', true],
    ['t1', 'transactions/t2/submit', false],
    ['t1', 'queries/t2/request', false],
    ['t1', 'feeds/items', false],
    ['t1', '$SYS/x', false],
    ['d1', 'transactions/d1/submit', false],
    ['odd', 'transactions/t2/submit', false],
  ];
  for (const [deviceId, topic, isAllowed] of publishes) {
    const client = await lab.raw(deviceId);
    client.publish(topic, 'x');
    const answer = await client.next(({ cmd }) => cmd === 'puback');
    t.equal(answer?.cmd, isAllowed ? 'puback' : undefined, `${deviceId} publishes to ${topic}`);
  }
  t.same(lab.ledger.payloads, [], 'none of them reached the ledger');
  const client = await lab.raw('t1');
  const filters: [string, number][] = [
    [RESULT, 1],
    ['gateway/status', 1],
    ['transactions/+/result', 0x80],
    ['transactions/t2/result', 0x80],
    [SUBMIT, 0x80],
    ['#', 0x80],
    ['$SYS/#', 0x80],
  ];
  for (const [filter, granted] of filters) t.equal(await client.subscribe(filter), granted, filter);
  t.equal(lab.broker.refusals.get('publish-outside-role'), 6);
  const ofT1 = lab.warnings.filter(
    ({ who, reason }) => who === 't1' && reason === 'publish-outside-role',
  );
  t.equal(ofT1.length, 1, 'said once for each device and reason');
});

void t.test(
  'who is nobody, has a wrong password, or leaves a will on sales stays out',
  async (t) => {
    const lab = await startStoreLab(t, { devices: ['t1', ['x1', 'unheard-of']] });
    const codeOf = async (options: mqtt.IClientOptions): Promise<unknown> => {
      const url = `mqtt://127.0.0.1:${lab.port}`;
      const quiet = { reconnectPeriod: 0, connectTimeout: 5_000 };
      return mqtt.connectAsync(url, { ...quiet, ...options }).then(
        (client) => client.endAsync().then(() => 0),
        (error: unknown) => (error as { code?: unknown }).code,
      );
    };
    const will = (topic: string): mqtt.IClientOptions['will'] => ({
      topic,
      payload: Buffer.from(''),
      qos: 0,
      retain: false,
    });
    const known = { username: 't1', password: PASSWORD };
    t.equal(await codeOf(known), 0);
    t.equal(await codeOf({}), 5, 'anonymous');
    t.equal(await codeOf({ username: 't1', password: 'wrong' }), 4);
    t.equal(await codeOf({ username: 't2', password: PASSWORD }), 4, 'unknown');
    t.equal(await codeOf({ username: 'x1', password: PASSWORD }), 5, 'a role that is not there');
    t.equal(await codeOf({ ...known, will: will(SUBMIT) }), 5, 'a will on sales');
    t.equal(await codeOf({ ...known, will: will('peripherals/p/request/t1') }), 5);
    t.equal(await codeOf({ ...known, will: will('feeds/items') }), 5, 'a will outside the role');
    t.equal(await codeOf({ ...known, will: will('queries/t1/request') }), 0);
    t.match(
      await codeOf({ ...known, protocolVersion: 5 }),
      0x84,
      'protocol 5 hears that it is not spoken',
    );
  },
);

void t.test('the same client id is another session for another device', async (t) => {
  const lab = await startStoreLab(t, { devices: ['t1', 't2'] });
  const first = await lab.raw('t1', { clientId: 'same', clean: false });
  const second = await lab.raw('t2', { clientId: 'same', clean: false });
  t.notOk(first.isClosed);
  const third = await lab.raw('t1', { clientId: 'same', clean: false });
  await first.closed;
  t.notOk(second.isClosed || third.isClosed, 'only its own older connection goes');
});

void t.test('a session that was away hears what it missed', async (t) => {
  const lab = await startStoreLab(t, { devices: ['t1'] });
  const keeper = await lab.raw('t1', { clientId: 'kept', clean: false });
  t.equal(await keeper.subscribe(RESULT), 1);
  const worker = await lab.raw('t1');
  worker.publish(SUBMIT, 'seen');
  await keeper.next(({ cmd }) => cmd === 'publish');
  keeper.socket.destroy();
  await until(() => lab.broker.connectionCount === 1);
  worker.publish(SUBMIT, 'missed');
  await worker.next(({ cmd }) => cmd === 'puback');
  const back = await lab.raw('t1', { clientId: 'kept', clean: false });
  const seen: string[] = [];
  while (seen.length < 2) {
    const packet = await back.next(({ cmd }) => cmd === 'publish');
    if (packet?.cmd !== 'publish') break;
    seen.push((JSON.parse(packet.payload.toString()) as { of: string }).of);
  }
  t.same(seen, ['seen', 'missed'], 'what was not acknowledged comes again');
  worker.publish(SUBMIT, 'live');
  t.equal((await back.next(({ cmd }) => cmd === 'publish'))?.cmd, 'publish');
});

void t.test('CONNACK comes first, whatever a session that comes back has to hear', async (t) => {
  const lab = await startStoreLab(t, { devices: ['t1'] });
  const keeper = await lab.raw('t1', { clientId: 'kept', clean: false });
  await keeper.subscribe(RESULT);
  const worker = await lab.raw('t1');
  lab.ledger.answersAtOnce = false;
  let isOver = false;
  const answerOne = (): void => {
    lab.ledger.waiting.shift()?.resolve();
    if (!isOver) setImmediate(answerOne);
  };
  answerOne();
  t.teardown(() => {
    isOver = true;
  });
  for (let round = 0; round < 20; round += 1) {
    for (let at = 0; at < 100; at += 1) worker.publish(SUBMIT, `${round}.${at}`);
    await until(() => lab.ledger.waiting.length > 0);
    t.equal((await firstBytes(lab, 't1', 'kept'))[0], 0x20, `round ${round}`);
  }
});

void t.test('a filter that is subscribed again counts once, an unknown one never', async (t) => {
  const lab = await startStoreLab(t, { devices: ['t1', ['m1', 'monitor']] });
  const till = await lab.raw('t1');
  for (let at = 0; at < 300; at += 1) {
    if ((await till.subscribe(RESULT)) !== 1) t.fail(`refused the ${at}th time`);
  }
  const monitor = await lab.raw('m1');
  const granted: (number | undefined)[] = [];
  for (let at = 0; at < 300; at += 1) {
    monitor.send({ cmd: 'unsubscribe', messageId: 9, unsubscriptions: ['never/subscribed'] });
    granted.push(await monitor.subscribe(`transactions/d${at}/result`));
  }
  t.equal(granted.filter((qos) => qos === 1).length, 256);
});

void t.test('sessions that never come back end, the one left longest ago first', async (t) => {
  const lab = await startStoreLab(t, { devices: ['t1', 't2'] });
  const leave = async (deviceId: string, clientId: string): Promise<void> => {
    const client = await lab.raw(deviceId, { clientId, clean: false });
    await client.subscribe(`transactions/${deviceId}/result`);
    client.socket.destroy();
    await until(() => lab.broker.connectionCount === 0);
  };
  await leave('t2', 'other');
  for (let at = 0; at <= KEPT_SESSIONS_MAX; at += 1) await leave('t1', `c${at}`);
  const isPresent = async (deviceId: string, clientId: string): Promise<boolean> =>
    (await firstBytes(lab, deviceId, clientId))[2] === 1;
  t.equal(await isPresent('t1', 'c0'), false);
  t.equal(await isPresent('t1', 'c1'), true);
  t.equal(await isPresent('t2', 'other'), true, 'another device loses nothing by it');
});

void t.test('retain is cleared and a revoked device is put out', async (t) => {
  const lab = await startStoreLab(t, {
    devices: ['t1', ['o1', 'watcher']],
    roles: { watcher: { publish: [], subscribe: ['queries/#'] } },
  });
  const till = await lab.mqtt('t1');
  await till.publishAsync('queries/t1/request', 'x', { qos: 1, retain: true });
  lab.broker.publish({ topic: 'gateway/status', payload: '{"ok":true}', isRetained: true });
  const watcher = await lab.raw('o1');
  await watcher.subscribe('queries/#');
  const late = await lab.mqtt('t1');
  const status = new Promise<string>((resolve) => {
    late.on('message', (_topic, payload) => resolve(payload.toString()));
  });
  await late.subscribeAsync('gateway/status');
  t.equal(await status, '{"ok":true}', 'the gateway has retained topics');
  t.same(watcher.packets, [], 'devices have not');
  const closed = new Promise<void>((resolve) => void till.once('close', () => resolve()));
  lab.revoke('t1');
  await closed;
  t.notOk(watcher.isClosed);
});

void t.test('what the ledger cannot take is said, and not acknowledged', async (t) => {
  const lab = await startStoreLab(t, {
    devices: ['t1'],
    intake: { waitMsMax: 200, windowItemsMax: 1 },
  });
  lab.ledger.answersAtOnce = false;
  const till = await lab.raw('t1');
  await till.subscribe(RESULT);
  till.publish(SUBMIT, '{"transactionId":"01936a4e-2a1c-7c3e-9d63-3f1d6f0c8a11"}', {
    messageId: 1,
  });
  await until(() => lab.ledger.waiting.length === 1);
  lab.ledger.waiting[0]?.reject(new TillgateError('LEDGER_DISK_FULL', 'full'));
  await till.closed;
  const answers = till.packets.map((packet) =>
    packet.cmd === 'publish' ? (JSON.parse(packet.payload.toString()) as unknown) : packet.cmd,
  );
  t.match(answers, [
    {
      outcome: 'unavailable',
      transactionId: '01936a4e-2a1c-7c3e-9d63-3f1d6f0c8a11',
      submissionHash: /^[\w+/]{43}=$/,
      retryAfterMs: Number,
      errors: [{ code: 'LEDGER_DISK_FULL' }],
    },
  ]);
  t.equal(answers.length, 1, 'no acknowledgement');
  const first = await lab.raw('t1');
  const second = await lab.raw('t1');
  await second.subscribe(RESULT);
  first.publish(SUBMIT, 'one');
  await until(() => lab.ledger.waiting.length === 2);
  second.publish(SUBMIT, 'two');
  await second.closed;
  t.match(
    second.packets.map((packet) =>
      packet.cmd === 'publish' ? packet.payload.toString() : packet.cmd,
    ),
    [/"LEDGER_BUSY"/],
  );
  lab.ledger.waiting[1]?.resolve();
  t.match(
    await first.next(({ cmd }) => cmd === 'puback'),
    { messageId: 1 },
    'handed over: awaited',
  );
  lab.ledger.answersAtOnce = true;
  const third = await lab.raw('t1');
  third.publish(SUBMIT, 'three');
  t.match(
    await third.next(({ cmd }) => cmd === 'puback'),
    { messageId: 1 },
    'works again by itself',
  );
  t.same(lab.ledger.payloads.slice(1), ['one', 'three'], 'what was refused was not handed over');
});

void t.test(
  'a retained message that waits for the disk is heard, whatever passes it',
  async (t) => {
    const lab = await startStoreLab(t, { devices: ['t1'] });
    const client = await lab.mqtt('t1');
    const heard: string[] = [];
    client.on('message', (topic, payload) => void heard.push(`${topic} ${payload.toString()}`));
    await client.subscribeAsync(['peripherals/+/event', 'peripherals/+/state'], { qos: 1 });
    const state = (payload: string): void =>
      lab.broker.publish({ topic: 'peripherals/a/state', payload, isRetained: true });
    state('1');
    lab.broker.publish({ topic: 'peripherals/a/event', payload: 'passes' });
    state('2');
    await until(() => heard.length === 3);
    t.strictSame(heard, [
      'peripherals/a/event passes',
      'peripherals/a/state 1',
      'peripherals/a/state 2',
    ]);
  },
);
