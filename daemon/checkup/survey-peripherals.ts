/** Looks at the ports of the peripherals. While the gateway runs its own word of them counts. */
import { statSync } from 'node:fs';
import type { PeripheralEntry } from '../peripherals/peripheral-entry.ts';
import { groupName } from './account.ts';
import { valueOf } from './attempt.ts';
import type { CheckFinding } from './check-finding.ts';
import { checkPeripherals, type PortReading } from './check-peripherals.ts';
import type { Scene } from './scene.ts';

export async function surveyPeripherals(scene: Scene): Promise<CheckFinding[]> {
  const { peripherals, live, account } = scene;
  const configured = valueOf(peripherals)?.all();
  const ports = live === undefined ? await readPorts(configured ?? [], scene) : [];
  return checkPeripherals({ ...{ configured, states: live?.peripherals, ports, account } });
}

async function readPorts(
  configured: readonly PeripheralEntry[],
  { accounts }: Scene,
): Promise<PortReading[]> {
  if (configured.length === 0) return [];
  const { findPorts } = await import('../../drivers/discovery/candidates.ts');
  const { SYSTEM_ROOTS } = await import('../../drivers/discovery/sysfs.ts');
  const { parseAddress } = await import('../../drivers/transport/address.ts');
  const found = await findPorts(SYSTEM_ROOTS);
  const base = (address: string): string => address.split('?')[0] ?? address;
  return configured.map(({ peripheralId, address }) => {
    const port = found.find(({ candidate }) => base(candidate.address) === base(address));
    const parsed = parseAddress(address);
    const file = port?.file ?? ('path' in parsed ? parsed.path : undefined);
    const isByUsb = parsed.kind === 'usb' || 'usb' in parsed;
    const stat = file === undefined ? undefined : statSync(file, { throwIfNoEntry: false });
    return {
      peripheralId,
      file: file ?? (isByUsb ? address : undefined),
      owned: stat && {
        ...{ uid: stat.uid, gid: stat.gid, mode: stat.mode & 0o777 },
        group: groupName(stat.gid, accounts),
      },
    };
  });
}
