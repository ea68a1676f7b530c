/** Whether the gateway can open the ports that the configuration names. */
import { isIP } from 'node:net';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { failed, ok, type CheckFinding } from './check-finding.ts';
import { collides, type ListeningPort } from './listening-ports.ts';

export interface NamedPort {
  /** The key of the configuration. */
  key: string;
  host: string;
  port: number;
}

export interface PortsReading {
  /** Undefined while the configuration cannot be used. */
  wanted: readonly NamedPort[] | undefined;
  isRunning: boolean;
  listening: readonly (ListeningPort & { holder: string })[];
  /** The addresses that this machine has. */
  own: readonly string[];
}

/** 0 stands for any free port and cannot be taken. */
export function portsOf({ mqtt, http }: GatewayConfig): NamedPort[] {
  const { webSocket, tls } = mqtt;
  return [
    { key: 'mqtt.port', host: mqtt.host, port: mqtt.port },
    ...(webSocket.enabled ? [{ key: 'mqtt.webSocket.port', ...webSocket }] : []),
    ...(tls.enabled ? [{ key: 'mqtt.tls.port', host: tls.host, port: tls.port }] : []),
    { key: 'http.port', host: http.host, port: http.port },
  ].map(({ key, host, port }) => ({ key, host, port }));
}

export function checkPorts(read: PortsReading): CheckFinding[] {
  const { wanted, isRunning } = read;
  if (isRunning) return [ok('ports', 'the gateway that runs has them')];
  if (wanted === undefined) return [ok('ports', 'known once the configuration can be read')];
  const findings = [
    ...wanted.flatMap((one) => takenFinding(one, read)),
    ...twiceFindings(wanted),
    ...wanted.flatMap((one) => absentFinding(one, read.own)),
  ];
  if (findings.length > 0) return findings;
  const named = wanted.filter(({ port }) => port !== 0).map(({ host, port }) => `${host}:${port}`);
  const free = named.length === 0 ? 'the system chooses them' : `${named.join(', ')} can be had`;
  return [ok('ports', free)];
}

function takenFinding({ key, host, port }: NamedPort, { listening }: PortsReading): CheckFinding[] {
  const taken = listening.find((other) => other.port === port && collides(host, other.address));
  if (taken === undefined || port === 0) return [];
  const message = `${key} is ${host}:${port}, and ${taken.holder} listens there.`;
  const hint = `stop that program, or set another port: \`tillgate config set ${key} PORT\``;
  return [failed('ports', 'PORT_IN_USE', { message, hint, details: { key, host, port } })];
}

function twiceFindings(wanted: readonly NamedPort[]): CheckFinding[] {
  return wanted.flatMap((one, at) => {
    const other = wanted
      .slice(0, at)
      .find(({ host, port }) => port === one.port && port !== 0 && collides(one.host, host));
    if (other === undefined) return [];
    const message = `${other.key} and ${one.key} are both ${one.port}.`;
    const hint = `set another port: \`tillgate config set ${one.key} PORT\``;
    return [failed('ports', 'PORT_IN_USE', { message, hint })];
  });
}

function absentFinding({ key, host }: NamedPort, own: readonly string[]): CheckFinding[] {
  const isEverywhere = host === '0.0.0.0' || host === '::' || host.startsWith('127.');
  if (isIP(host) === 0 || isEverywhere || own.includes(host)) return [];
  const message = `${key} is at ${host}, an address that this machine does not have.`;
  const hint = `it has ${own.join(', ')}; set ${key.replace('.port', '.host')} to one of them, or to 0.0.0.0`;
  return [failed('ports', 'MQTT_LISTEN_FAILED', { message, hint })];
}
