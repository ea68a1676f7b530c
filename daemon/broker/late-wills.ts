/**
 * Wills of kept sessions whose connections ended with the process: published when the broker is back,
 * before anybody may connect, as far as the device may still say them ([MQTT-3.1.2-8]).
 */
import type { Aedes } from 'aedes';
import { Permissions } from './permissions.ts';
import type { RoleRules } from './permissions.ts';
import { isContractTopic } from './retained-topics.ts';
import { deviceOf } from './session-name.ts';
import type { OpenedPersistence } from './state/open-kept-persistence.ts';
import type { StoredWill } from './state/broker-changes.ts';

export interface LateWillsOptions extends Pick<
  OpenedPersistence,
  'persistence' | 'state' | 'stored'
> {
  aedes: Aedes;
  findDevice: (deviceId: string) => { role: string } | undefined;
  roles: () => Readonly<Record<string, RoleRules>>;
}

export async function publishLateWills(options: LateWillsOptions): Promise<void> {
  const names = new Map([...options.state.sessions].map(({ id, name }) => [id, name]));
  for (const will of options.stored.wills) {
    const name = names.get(will.session) ?? '';
    if (maySay(options, deviceOf(name), will.topic)) await publish(options.aedes, will);
    await options.persistence.delWill({ id: name });
  }
}

function maySay({ findDevice, roles }: LateWillsOptions, deviceId: string, topic: string): boolean {
  const rules = roles()[findDevice(deviceId)?.role ?? ''];
  return rules !== undefined && new Permissions(rules, deviceId).mayLeaveWill(topic);
}

function publish(aedes: Aedes, { topic, payload, qos, retain }: StoredWill): Promise<void> {
  const kept = retain && !isContractTopic(topic);
  const packet = { cmd: 'publish', topic, qos, retain: kept, dup: false } as const;
  // One that finds no room is lost with the process that it speaks of.
  return new Promise((resolve) => {
    aedes.publish({ ...packet, payload: Buffer.from(payload as Uint8Array) }, () => resolve());
  });
}
