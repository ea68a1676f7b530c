/**
 * Who listens on which TCP port of this machine, out of /proc/net/tcp and tcp6: looking opens no port,
 * so it cannot get in the way of a gateway that starts at this moment.
 */
import { isIP } from 'node:net';

export interface ListeningPort {
  /** `127.0.0.1`, `::1`; `0.0.0.0` and `::` are every address. */
  address: string;
  port: number;
  inode: string;
}

/** The state LISTEN of include/net/tcp_states.h. */
const LISTEN = '0A';

export function parseListeningPorts(table: string): ListeningPort[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    if (state !== LISTEN || !/^([0-9A-F]{8}){1,4}$/.test(address)) return [];
    return [{ address: addressOf(address), port: parseInt(port, 16), inode }];
  });
}

/** Words of 32 bits in the order of the machine, which is little-endian wherever Node runs. */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((pair) => parseInt(pair, 16)),
  );
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.every((byte) => byte === 0)) return '::';
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  );
  const isMapped = groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff';
  if (isMapped) return bytes.slice(12).join('.');
  return groups
    .join(':')
    .replace(/(^|:)(0:)+/, '::')
    .replace(/^0::/, '::');
}

const EVERY = new Set(['0.0.0.0', '::']);

/** Whether a listener on `taken` keeps another from `host` and the same port. */
export function collides(host: string, taken: string): boolean {
  // Which address a name stands for is the resolver's to say; a port of its own is the safe advice.
  if (isIP(host) === 0) return true;
  return host === taken || EVERY.has(host) || EVERY.has(taken);
}
