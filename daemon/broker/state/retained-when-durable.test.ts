/**
 * Goal: nobody is shown a retained message that a power cut could still take back, so that a
 * subscriber who comes while it is written gets it once, live, and not as retained as well.
 */
import t from 'tap';
import type { AedesPublishPacket } from 'aedes';
import type { StoredState } from './broker-changes.ts';
import type { FromState, StatePort } from './broker-state-messages.ts';
import type { KeptPersistence } from './kept-persistence.ts';
import { openKeptPersistence } from './open-kept-persistence.ts';

const EMPTY: StoredState = {
  ...{ sessions: [], filters: [], queued: new Float64Array(0), received: [], retained: [] },
  ...{ wills: [], lastBody: 0, hours: 0 },
};

void t.test('a retained message is seen when it is durable', async (t) => {
  const { persistence, disk } = await openOnSlowDisk();
  const stored = persistence.storeRetained(packetOf('x'));
  await disk.written();
  t.same(await retained(persistence), [], 'not before');
  disk.sync();
  await stored;
  t.same(await retained(persistence), ['x']);
});

void t.test('the newest of several under way is what stays', async (t) => {
  const { persistence, disk } = await openOnSlowDisk();
  const first = persistence.storeRetained(packetOf('1'));
  await disk.written();
  const second = persistence.storeRetained(packetOf('2'));
  const third = persistence.storeRetained(packetOf('3'));
  await disk.written();
  disk.sync();
  await Promise.all([first, second, third]);
  t.same(await retained(persistence), ['3']);
});

void t.test('what a full disk refused is kept for later, here as in the file', async (t) => {
  const { persistence, disk } = await openOnSlowDisk();
  const stored = persistence.storeRetained(packetOf('x'));
  await disk.written();
  disk.tell({ type: 'full' });
  await t.rejects(stored, { code: 'BROKER_STATE_FULL' });
  t.same(await retained(persistence), ['x']);
});

void t.test(
  'a retained message that a full disk refused is a new one when it comes again',
  async (t) => {
    const { persistence, disk } = await openOnSlowDisk();
    const client = { id: 'd/c', clean: false };
    const packet = { ...packetOf('x'), qos: 2 as const, messageId: 5 };
    await t.rejects(persistence.incomingGetPacket(client, packet), { code: 'MQTT_REFUSED' });
    await persistence.incomingStorePacket(client, packet);
    const stored = persistence.storeRetained(packet);
    await disk.written();
    disk.tell({ type: 'full' });
    await t.rejects(stored, { code: 'BROKER_STATE_FULL' });
    const again = persistence.incomingGetPacket({ ...client }, packet);
    await t.rejects(again, { code: 'MQTT_REFUSED' }, 'no PUBREC for what nobody got');
  },
);

interface SlowDisk {
  /** Resolves when the next changes are handed over. */
  written(): Promise<void>;
  sync(): void;
  tell(message: FromState): void;
}

async function openOnSlowDisk(): Promise<{ persistence: KeptPersistence; disk: SlowDisk }> {
  let receive: (message: FromState) => void = () => undefined;
  let batch = 0;
  let handedOver: () => void = () => undefined;
  const port: StatePort = {
    post: (message) => {
      if (message.type !== 'changes') return;
      batch = message.batch;
      handedOver();
    },
    listen: (receiver) => {
      receive = receiver;
      receive({ type: 'ready', state: EMPTY, aside: undefined });
    },
    onEnd: () => undefined,
    terminate: () => undefined,
  };
  const { persistence } = await openKeptPersistence({
    ...{ path: '', port, isGranted: () => true, onDropped: () => undefined },
    ...{ onFatal: (error: unknown) => t.fail(String(error)), onSetAside: (m: string) => t.fail(m) },
  });
  await persistence.setup({ id: 'broker' });
  const disk: SlowDisk = {
    written: () => new Promise((resolve) => (handedOver = resolve)),
    sync: () => receive({ type: 'durable', batch, isLow: false }),
    tell: (message) => receive(message),
  };
  return { persistence, disk };
}

function packetOf(text: string): AedesPublishPacket {
  return {
    ...{ cmd: 'publish', topic: 'signs/1', payload: Buffer.from(text), qos: 0 },
    ...{ retain: true, dup: false, brokerId: 'broker', brokerCounter: 1 },
  };
}

async function retained(persistence: KeptPersistence): Promise<string[]> {
  const found: string[] = [];
  for await (const packet of persistence.createRetainedStream('signs/#')) {
    found.push(String((packet as AedesPublishPacket).payload));
  }
  return found;
}
