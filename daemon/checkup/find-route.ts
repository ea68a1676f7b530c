/** Goes the way to headquarters as far as its door, and says nothing there. */
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { errnoOf } from '../../platform/durable/errno.ts';
import { askProgram } from './ask-program.ts';
import type { NetworkReading, Route } from './check-network.ts';

const NAME_MS_MAX = 1_800;
const CONNECT_MS_MAX = 1_800;

const SCHEMES: Readonly<Record<string, { port: number; isTls: boolean }>> = {
  'mqtt:': { port: 1883, isTls: false },
  'mqtts:': { port: 8883, isTls: true },
  'ws:': { port: 80, isTls: false },
  'wss:': { port: 443, isTls: true },
};

/** Undefined for what is no address of a broker. */
export async function findRoute(hqUrl: string): Promise<NetworkReading | undefined> {
  const url = URL.parse(hqUrl);
  const scheme = SCHEMES[url?.protocol ?? ''];
  if (url === null || scheme === undefined) return undefined;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? scheme.port : Number(url.port);
  const found = isIP(host) === 0 ? await addressOf(host) : { address: host };
  if ('reason' in found) {
    return { host, port, route: { type: 'nameUnknown', reason: found.reason } };
  }
  const door = { ...found, port, name: host };
  return { host, port, route: await (scheme.isTls ? tryTls(door) : tryTcp(door)) };
}

/**
 * As the system resolves it, files and all. By a program, because a name server that hangs would hold
 * up the end of this process for as long as it likes.
 */
async function addressOf(host: string): Promise<{ address: string } | { reason: string }> {
  const answer = await askProgram('getent', ['ahosts', host], NAME_MS_MAX);
  if (answer === undefined) return { reason: `no answer within ${NAME_MS_MAX / 1_000} s` };
  const address = answer.stdout.split(/\s/)[0] ?? '';
  return isIP(address) === 0 ? { reason: 'not found' } : { address };
}

interface Door {
  address: string;
  port: number;
  name: string;
}

function tryTcp({ address, port }: Door): Promise<Route> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host: address, port });
    const end = (route: Route): void => {
      socket.destroy();
      resolve(route);
    };
    socket.setTimeout(CONNECT_MS_MAX, () => end({ type: 'closed', address, reason: SILENT }));
    socket.once('connect', () => end({ type: 'open', address }));
    socket.once('error', (error) => end({ type: 'closed', address, reason: reasonOf(error) }));
  });
}

function tryTls({ address, port, name }: Door): Promise<Route> {
  return new Promise((resolve) => {
    let isConnected = false;
    const named = isIP(name) === 0 ? { servername: name } : {};
    const socket = connectTls({ host: address, port, ...named });
    const end = (route: Route): void => {
      socket.destroy();
      resolve(route);
    };
    socket.setTimeout(CONNECT_MS_MAX, () => end({ type: 'closed', address, reason: SILENT }));
    socket.once('connect', () => {
      isConnected = true;
    });
    socket.once('secureConnect', () => end({ type: 'open', address }));
    socket.once('error', (error: Error) => {
      const type = isConnected ? 'untrusted' : 'closed';
      end({ type, address, reason: reasonOf(error) });
    });
  });
}

const SILENT = `no answer within ${CONNECT_MS_MAX / 1_000} s`;

const reasonOf = (error: Error): string => errnoOf(error) ?? error.message;
