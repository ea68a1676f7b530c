/**
 * A process that does one thing wrong as fast as it can until it is killed, so that its own work is
 * not what slows the till that is measured. `node flood.ts KIND HOST PORT USER PASSWORD`.
 */
import mqttPacket from 'mqtt-packet';
import { EdgeClient } from './edge-client.ts';
import type { Address, Login } from './edge-client.ts';
import type { Flood } from './flood-kinds.ts';
import { salePacket } from './sales.ts';

/** As many as a broken till with a pool of connections might open at a time. */
const CONNECTING_AT_ONCE = 50;
/** Packets for each write, so that the sender is never what limits. */
const BURST = 64;

const [, , kind, host = '', port = '', username = '', password = ''] = process.argv;
const address: Address = { host, port: Number(port) };
const login: Login = { username, password };

/** Sends bursts on one connection, on a new one when the gateway closes it. */
async function send(burst: (from: number) => Buffer): Promise<never> {
  for (let at = 0; ;) {
    const [client, code] = await EdgeClient.open(address, login);
    if (code !== 0) continue;
    client.onPacket = () => undefined;
    while (!client.isClosed) {
      client.write(burst(at));
      at += BURST;
      await client.drained();
      // Lets what came be read, and the end be seen.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function connectForEver(as: () => Login): Promise<never> {
  for (;;) {
    const [client] = await EdgeClient.open(address, as());
    client.socket.destroy();
    await client.closed;
  }
}

function bursts(packet: (at: number) => Buffer): (from: number) => Buffer {
  return (from) => Buffer.concat(Array.from({ length: BURST }, (_, at) => packet(from + at)));
}

const query = mqttPacket.generate({
  ...{ cmd: 'publish', topic: `queries/${username}/request`, payload: '{"queryId":"q"}' },
  ...{ qos: 0, dup: false, retain: false },
});

function subscribe(at: number): Buffer {
  const subscriptions = [{ topic: `feeds/${at % 512}`, qos: 1 as const }];
  return mqttPacket.generate({ cmd: 'subscribe', messageId: 1, subscriptions });
}

const seriesOfProcess = 1 + (process.pid % 200);
let names = 0;
const floods: Record<Flood, () => Promise<unknown>> = {
  submissions: () => send(bursts((at) => salePacket(username, seriesOfProcess, at))),
  queries: () => send(bursts(() => query)),
  subscribes: () => send(bursts(subscribe)),
  connects: () => connectMany(() => login),
  passwords: () =>
    connectMany(() => {
      names += 1;
      const name = names % 2 === 0 ? username : `nobody-${names}`;
      return { username: name, password: `guess ${names}` };
    }),
};

function connectMany(as: () => Login): Promise<unknown> {
  return Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, () => connectForEver(as)));
}

// Whoever started this is gone: so is the flood.
process.stdin.on('end', () => process.exit(0)).resume();

if (kind !== undefined) await floods[kind as Flood]();
