/** Goal: a session that nobody comes back to costs a bounded amount of memory. */
import { Readable } from 'node:stream';
import type { AedesPublishPacket } from 'aedes';
import t from 'tap';
import { boundSessions } from './bounded-sessions.ts';
import type { AedesPersistence } from './bounded-sessions.ts';

/** What aedes calls beside the part that is passed on. */
interface Calls extends AedesPersistence {
  outgoingStream(client: { id: string }): AsyncIterable<AedesPublishPacket>;
  outgoingUpdate(client: { id: string }, packet: object): Promise<void>;
  outgoingClearMessageId(client: { id: string }, packet: object): Promise<unknown>;
  incomingStorePacket(client: { id: string }, packet: { messageId: number }): Promise<void>;
  incomingGetPacket(client: { id: string }, packet: { messageId: number }): Promise<unknown>;
  incomingDelPacket(client: { id: string }, packet: { messageId: number }): Promise<void>;
}

type Sessions = ReturnType<typeof open>;

function open(limits = { queueItemsMax: 3, queueBytesMax: 10_000, totalBytesMax: 5_000 }) {
  const cleaned: string[] = [];
  const inner: AedesPersistence = {
    cleanSubscriptions: (client) => Promise.resolve(cleaned.push(client.id)),
    outgoingEnqueue: () => Promise.reject(new TypeError('not to be called')),
    outgoingEnqueueCombi: () => Promise.reject(new TypeError('not to be called')),
    createRetainedStream: () => Readable.from([]),
  };
  const sessions = boundSessions(inner as Calls, limits);
  return { sessions, cleaned };
}

let counter = 0;
function message(text: string, bytes = 0): AedesPublishPacket {
  counter += 1;
  return {
    cmd: 'publish',
    brokerId: 'b',
    brokerCounter: counter,
    topic: 't',
    payload: Buffer.from(text.padEnd(bytes)),
    qos: 1,
    retain: false,
    dup: false,
  };
}

async function queued({ sessions }: Sessions, id: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const packet of sessions.outgoingStream({ id })) {
    texts.push(packet.payload.toString().trim());
  }
  return texts;
}

void t.test('the newest messages stay, each session and all together', async (t) => {
  const lab = open();
  for (const text of ['1', '2', '3', '4', '5']) {
    await lab.sessions.outgoingEnqueueCombi([{ clientId: 'a' }, { clientId: 'b' }], message(text));
  }
  t.same(await queued(lab, 'a'), ['3', '4', '5']);
  await lab.sessions.outgoingEnqueue({ clientId: 'c' }, message('large', 4_000));
  t.same(await queued(lab, 'c'), ['large']);
  t.same(await queued(lab, 'a'), [], 'the session longest unheard of loses first');
});

void t.test('a message is found by its id and cleared; a clean start forgets all', async (t) => {
  const lab = open();
  const packet = message('kept');
  await lab.sessions.outgoingEnqueue({ clientId: 'a' }, packet);
  await lab.sessions.outgoingUpdate({ id: 'a' }, { ...packet, messageId: 9 });
  t.equal(await lab.sessions.outgoingClearMessageId({ id: 'a' }, { messageId: 8 }), undefined);
  t.match(await lab.sessions.outgoingClearMessageId({ id: 'a' }, { messageId: 9 }), { topic: 't' });
  t.same(await queued(lab, 'a'), []);
  await lab.sessions.outgoingEnqueue({ clientId: 'a' }, message('gone'));
  await lab.sessions.cleanSubscriptions({ id: 'a' });
  t.same(await queued(lab, 'a'), []);
  t.same(lab.cleaned, ['a'], 'the rest is passed on');
});

void t.test('of an inbound QoS 2 packet the id is kept until its release', async (t) => {
  const { sessions } = open();
  const client = { id: 'a' };
  await t.rejects(sessions.incomingGetPacket(client, { messageId: 1 }));
  await sessions.incomingStorePacket(client, { messageId: 1 });
  t.ok(await sessions.incomingGetPacket(client, { messageId: 1 }));
  await sessions.incomingDelPacket(client, { messageId: 1 });
  await t.rejects(sessions.incomingGetPacket(client, { messageId: 1 }));
});

void t.test('each PUBREC puts a PUBREL in the place of its own message', async (t) => {
  const lab = open();
  const client = { id: 'a' };
  const packets = [message('1'), message('2')];
  for (const [at, packet] of packets.entries()) {
    await lab.sessions.outgoingEnqueue({ clientId: 'a' }, packet);
    await lab.sessions.outgoingUpdate(client, { ...packet, messageId: at + 1 });
  }
  for (const messageId of [1, 2]) {
    await lab.sessions.outgoingUpdate(client, { cmd: 'pubrel', messageId });
  }
  const waiting: unknown[] = [];
  for await (const packet of lab.sessions.outgoingStream(client)) waiting.push(packet);
  t.same(waiting, [
    { cmd: 'pubrel', messageId: 1 },
    { cmd: 'pubrel', messageId: 2 },
  ]);
  for (const messageId of [1, 2]) {
    t.ok(await lab.sessions.outgoingClearMessageId(client, { messageId }));
  }
  await lab.sessions.outgoingEnqueue({ clientId: 'b' }, message('large', 4_000));
  await lab.sessions.outgoingEnqueue({ clientId: 'a' }, message('small', 400));
  t.same(await queued(lab, 'b'), ['large'], 'what was cleared costs nothing any more');
});

void t.test('overlapping filters queue one message, at the highest QoS granted', async (t) => {
  const lab = open();
  const packet: AedesPublishPacket = { ...message('x'), qos: 2 };
  const to = (topic: string, qos: 0 | 1 | 2, clientId = 'a') => ({ clientId, topic, qos });
  const filters = [to('t', 0), to('#', 1), to('+', 0), to('t', 0, 'b')];
  await lab.sessions.outgoingEnqueueCombi(filters, packet);
  const own: AedesPublishPacket = { ...packet, topic: '$t' };
  await lab.sessions.outgoingEnqueueCombi([to('#', 1), to('$t', 1, 'b')], own);
  const heard: string[] = [];
  for (const id of ['a', 'b']) {
    for await (const { topic, qos } of lab.sessions.outgoingStream({ id })) {
      heard.push(`${id} ${topic} ${qos}`);
    }
  }
  t.same(heard, ['a t 1', 'b t 0', 'b $t 1'], '# does not match $t');
});
