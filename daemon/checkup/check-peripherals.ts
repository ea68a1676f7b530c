/** Whether each peripheral is there and may be opened. */
import type { PeripheralState } from '../peripherals/peripheral-news.ts';
import type { PeripheralEntry } from '../peripherals/peripheral-entry.ts';
import { may, READ, WRITE, type Account, type Owned } from './account.ts';
import { ok, told, warning, type CheckFinding } from './check-finding.ts';

export interface PortReading {
  peripheralId: string;
  /** The file that the gateway will open; undefined where its address names none here. */
  file: string | undefined;
  /** Undefined where the file is not there. */
  owned: (Owned & { group: string }) | undefined;
}

export interface PeripheralsReading {
  /** Undefined where the list cannot be read. */
  configured: readonly Pick<PeripheralEntry, 'peripheralId' | 'address'>[] | undefined;
  /** What the running gateway says; undefined while it is down. */
  states: readonly PeripheralState[] | undefined;
  /** Looked at while the gateway is down. */
  ports: readonly PortReading[];
  account: Account | undefined;
}

export function checkPeripherals(read: PeripheralsReading): CheckFinding[] {
  const { configured, states, ports, account } = read;
  if (configured === undefined) return [ok('peripherals', 'known once their list can be read')];
  if (configured.length === 0) return [ok('peripherals', 'none is configured')];
  const findings = [
    ...sharedPorts(configured),
    ...(states ?? []).flatMap(stateFinding),
    ...(states === undefined ? ports.flatMap((port) => portFinding(port, account)) : []),
  ];
  if (findings.length > 0) return findings;
  const what = states === undefined ? 'configured, their ports may be opened' : 'ready';
  return [ok('peripherals', `${configured.length} ${what}`)];
}

function sharedPorts(configured: PeripheralsReading['configured'] & object): CheckFinding[] {
  return configured.flatMap(({ peripheralId, address }, at) => {
    const other = configured.slice(0, at).find((one) => portOf(one.address) === portOf(address));
    if (other === undefined) return [];
    const message = `${other.peripheralId} and ${peripheralId} are both at ${portOf(address)}.`;
    return [warning('peripherals', 'PERIPHERAL_SHARED_PORT', message)];
  });
}

/** Without the settings of the line; those of a drawer name its connector. */
const portOf = (address: string): string =>
  address.startsWith('printer:') ? address : (address.split('?')[0] ?? address);

function stateFinding({ peripheralId, state, reasons, trouble }: PeripheralState): CheckFinding[] {
  if (state === 'ready') return [];
  const why = trouble === undefined ? reasons.join(', ') : trouble.message;
  const message = `${peripheralId} is ${state === 'absent' ? 'absent' : 'not ready'}: ${why || 'no reason told'}`;
  const code = state === 'absent' ? 'PERIPHERAL_ABSENT' : 'PERIPHERAL_NOT_READY';
  if (trouble === undefined) return [warning('peripherals', code, message)];
  return [told('peripherals', trouble.code, { message, hint: trouble.hint })];
}

function portFinding(port: PortReading, account: Account | undefined): CheckFinding[] {
  const { peripheralId, file, owned } = port;
  if (file === undefined) return [];
  if (owned === undefined) {
    const message = `${peripheralId}: ${file} is not there.`;
    return [warning('peripherals', 'TRANSPORT_ABSENT', message)];
  }
  if (account === undefined || may(account, READ | WRITE, owned)) return [];
  const message = `${peripheralId}: ${account.name} may not open ${file}; the group ${owned.group} may.`;
  const hint = `install the udev rules (\`tillgate peripheral scan --udev-rules\`), or \`usermod -aG ${owned.group} ${account.name}\` and restart the gateway`;
  return [warning('peripherals', 'TRANSPORT_DENIED', { message, hint })];
}
