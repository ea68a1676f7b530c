/** The real daemon as a process of its own, one till that is measured, and the memory it takes. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import type { Packet } from 'mqtt-packet';
import { must } from '../../protocol/must.ts';
import { GatewayUnderTest } from '../support/tillgate-process.ts';
import { EdgeClient } from './edge-client.ts';
import type { Address, Login } from './edge-client.ts';
import { salePacket } from './sales.ts';

export interface Latencies {
  sales: number;
  p50Ms: number;
  p99Ms: number;
}

export interface StoreUnderLoad {
  address: Address;
  /** The device that misbehaves. */
  culprit: Login;
  /** Sells one after the other until `until` resolves; each sale has to be accepted. */
  sellUntil(until: Promise<unknown>): Promise<Latencies>;
  /** Devices that may read every result; `count` connections, each device as many as it may have. */
  watchers(count: number): Promise<Login[]>;
  /** Connections as the daemon counts them. */
  connections(): Promise<number>;
  /** Resident memory of the daemon, all threads. */
  residentMib(): number;
  stop(): Promise<void>;
}

const UNIT_FILE = new URL('../../systemd/tillgate.service', import.meta.url);
/** Sales of the measured till; those of others begin at 1. */
const HONEST_SERIES = 0;
/** Below what the gateway lets one device have. */
const CONNECTIONS_PER_DEVICE = 250;

export async function startStoreUnderLoad(folder: string): Promise<StoreUnderLoad> {
  const gateway = new GatewayUnderTest(folder);
  await gateway.init();
  const honest = await gateway.addDevice('honest');
  const culprit = await gateway.json<Login>('device', 'add', 'culprit', '--role', 'till');
  const environment = {
    ...unitEnvironment(),
    // A kept cache of compiled code, as the suite has it, would be memory that no store spends.
    NODE_DISABLE_COMPILE_CACHE: '1',
  };
  const { mqtt, http, process: pid } = await gateway.start(environment);
  const [till] = await EdgeClient.open(mqtt, honest);
  await till.subscribe('transactions/honest/result');
  let sold = 0;
  let watchers = 0;
  return {
    address: mqtt,
    culprit,
    async sellUntil(until) {
      const end = { isReached: false };
      const over = until.finally(() => void (end.isReached = true));
      const latencies: number[] = [];
      while (!end.isReached) {
        const startMs = performance.now();
        till.write(salePacket('honest', HONEST_SERIES, (sold += 1)));
        const result = await till.next('publish');
        assert.match(payloadOf(result), /"outcome":"accepted"/);
        latencies.push(performance.now() - startMs);
      }
      await over;
      return summaryOf(latencies);
    },
    async watchers(count) {
      const logins: Login[] = [];
      for (let made = 0; made < count; made += CONNECTIONS_PER_DEVICE) {
        const id = `watcher-${(watchers += 1)}`;
        const login = await gateway.json<Login>('device', 'add', id, '--role', 'monitor');
        const share = Math.min(CONNECTIONS_PER_DEVICE, count - made);
        logins.push(...Array<Login>(share).fill(login));
      }
      return logins;
    },
    connections: async () => {
      const metrics = await (await fetch(`http://${http.host}:${http.port}/metrics`)).text();
      return Number(/^tillgate_mqtt_connections (\d+)/m.exec(metrics)?.[1]);
    },
    residentMib: () => residentMib(must(pid, 'the daemon runs')),
    async stop() {
      till.socket.destroy();
      await gateway.stop();
    },
  };
}

/** What the service unit sets, since a store runs it that way. */
function unitEnvironment(): Record<string, string> {
  const unit = readFileSync(UNIT_FILE, 'utf8');
  const settings = [...unit.matchAll(/^Environment=(\w+)=(\S+)$/gm)];
  return Object.fromEntries(settings.map(([, name = '', value = '']) => [name, value]));
}

function summaryOf(latenciesMs: number[]): Latencies {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
  const rounded = (ms: number): number => Math.round(ms * 10) / 10;
  return { sales: sorted.length, p50Ms: rounded(at(0.5)), p99Ms: rounded(at(0.99)) };
}

function residentMib(pid: number): number {
  const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kib) / 1024);
}

function payloadOf(packet: Packet | undefined): string {
  return packet?.cmd === 'publish' ? packet.payload.toString() : 'the connection ended';
}
