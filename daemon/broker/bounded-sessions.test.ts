/** Goal: a session that nobody comes back to costs a bounded amount of memory. */
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
