/** Whether passwords and sales cross the store's network unencrypted. */
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { ok, warning, type CheckFinding } from './check-finding.ts';

export function checkEncryption(mqtt: GatewayConfig['mqtt'] | undefined): CheckFinding[] {
  if (mqtt === undefined) return [ok('encryption', 'known once the configuration can be read')];
  const { webSocket, tls } = mqtt;
  const plain = [
    { key: 'mqtt.host', host: mqtt.host },
    ...(webSocket.enabled ? [{ key: 'mqtt.webSocket.host', host: webSocket.host }] : []),
  ].filter(({ host }) => !isLoopback(host));
  if (plain.length === 0) {
    return [
      ok('encryption', tls.enabled ? 'devices in the network use TLS' : 'on this machine only'),
    ];
  }
  const named = plain.map(({ key, host }) => `${key} is ${host}`).join(', ');
  return [
    warning('encryption', 'MQTT_UNENCRYPTED', `${named}: devices connect there without TLS.`),
  ];
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host.startsWith('127.');
