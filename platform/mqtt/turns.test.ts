/**
 * Goal: a client that says much at once leaves the others their turn, and nothing it said is lost,
 * doubled or out of order by that. Method: a wire and turns of the event loop that the test ends.
 */
import mqttPacket from 'mqtt-packet';
import t from 'tap';
import { systemClock } from '../system-clock.ts';
import { ByteBudget } from './byte-budget.ts';
import { DEFAULT_DEADLINES } from './connection-contract.ts';
import { DEFAULT_GUARD_LIMITS } from './guard-contract.ts';
import { GuardedConnection } from './guarded-connection.ts';
import type { WireEvents } from './wire.ts';

const PACKETS = 1_000;
const PACKETS_PER_TURN_MAX = 40;
const PING = Buffer.from([0xc0, 0x00]);
const CONNECT = mqttPacket.generate({
  ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'c', clean: true },
  keepalive: 0,
});

function lab() {
  const jobs: (() => void)[] = [];
  const seen = { passed: [] as Buffer[], isPaused: false, hasEnded: false };
  let events: WireEvents | undefined;
  const budget = new ByteBudget(1_000_000);
  const connection = new GuardedConnection({
    wire: {
      peer: 'test',
      listen: (listeners) => void (events = listeners),
      write: (_bytes, done) => done(),
      pause: () => void (seen.isPaused = true),
      resume: () => void (seen.isPaused = false),
      end: () => undefined,
      destroy: () => undefined,
    },
    clock: systemClock,
    guardLimits: DEFAULT_GUARD_LIMITS,
    egressLimits: { waitingBytesMax: 100_000, stallMsMax: 10_000 },
    deadlines: DEFAULT_DEADLINES,
    budget,
    egressBudget: new ByteBudget(1_000_000),
    schedule: (job) => void jobs.push(job),
    onClosed: () => undefined,
  });
  connection.on('data', (bytes: Buffer) => void seen.passed.push(Buffer.from(bytes)));
  connection.on('end', () => void (seen.hasEnded = true));
  const packets = (): number => Buffer.concat(seen.passed).length / PING.length;
  return {
    ...{ connection, seen, budget, packets },
    say: (bytes: Buffer) => events?.data(bytes),
    end: () => events?.end(),
    /** Ends the turn of the event loop; false when nothing waited for that. */
    turn: () => jobs.splice(0).map((job) => job()).length > 0,
    /** Lets the stream hand over what it holds. */
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

async function admitted() {
  const client = lab();
  client.say(CONNECT);
  client.connection.admitted();
  await client.settle();
  client.seen.passed = [];
  return client;
}

void t.test('a flood in one chunk is read a few packets a turn, to its last byte', async (t) => {
  const client = await admitted();
  client.say(Buffer.concat(Array.from({ length: PACKETS }, () => PING)));
  await client.settle();
  let before = client.packets();
  t.ok(before > 0 && before <= PACKETS_PER_TURN_MAX, `${before} in the first turn`);
  t.ok(client.seen.isPaused, 'and no more is taken from the socket');
  t.ok(client.budget.usedBytes > 0, 'what waits counts as memory of the client');
  client.end();
  while (client.turn()) {
    await client.settle();
    const now = client.packets();
    t.ok(now - before <= PACKETS_PER_TURN_MAX, 'no turn is longer');
    before = now;
  }
  t.equal(before, PACKETS);
  t.notOk(client.seen.isPaused);
  t.equal(client.budget.usedBytes, 0);
  t.ok(client.seen.hasEnded, 'that nothing more comes is told after the last packet');
});

void t.test('who has said all in his turn is not paused, and may go on in the next', async (t) => {
  const client = await admitted();
  let said = 0;
  for (let chunk = 0; chunk < 100; chunk += 1) {
    client.say(PING);
    said += 1;
    await client.settle();
    t.notOk(client.seen.isPaused && said === client.packets(), 'paused only while something waits');
    client.turn();
  }
  await client.settle();
  t.equal(client.packets(), said);
});

void t.test('a connection that closes between two turns reads no more', async (t) => {
  const client = await admitted();
  client.say(Buffer.concat(Array.from({ length: PACKETS }, () => PING)));
  await client.settle();
  const before = client.packets();
  client.connection.close('revoked');
  client.turn();
  await client.settle();
  t.equal(client.packets(), before);
  t.equal(client.budget.usedBytes, 0);
});
