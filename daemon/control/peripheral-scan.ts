/**
 * What is plugged in, what it probably is and why, and what stands in its way: for a person who adds a
 * peripheral. Looks only; with `probe` it also asks what no fingerprint tells, but never a port that a
 * peripheral of this gateway has.
 */
import type { Candidate } from '../../drivers/driver.ts';
import { probePort } from '../../drivers/discovery/probe.ts';
import { scanPeripherals, type Scan } from '../../drivers/discovery/scan.ts';
import type { Trouble } from '../../drivers/discovery/troubles.ts';
import { describeMatch, matchCandidate, type Match } from '../../drivers/match.ts';
import { DRIVERS } from '../../drivers/registry.ts';
import { openTransport } from '../../drivers/transport/open-transport.ts';
import { systemSchedule } from '../../platform/schedule.ts';
import type { Clock } from '../../protocol/clock.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { plugOf, type PeripheralEntry, type PlugFacts } from '../peripherals/peripheral-entry.ts';

export interface FoundDevice {
  address: string;
  /** For people: what the device calls itself. */
  name: string;
  /** Why, or why not. */
  verdict: string;
  /** What `peripheral add` would take; null where it is not clear. */
  driver: string | null;
  options: Readonly<Record<string, unknown>>;
  plug: PlugFacts | null;
  /** The peripheral of this gateway that is there already. */
  usedBy: string | null;
  /** What each probe got. */
  probed: readonly string[];
}

export interface ScanResult {
  devices: FoundDevice[];
  troubles: readonly Trouble[];
}

export interface ScanRequest {
  probe: boolean;
  configured: readonly PeripheralEntry[];
  clock: Clock;
  signal: AbortSignal;
  /** The machine, unless a test brings another. */
  scan?: () => Promise<Scan>;
}

export async function scanForPeripherals(request: ScanRequest): Promise<ScanResult> {
  const { candidates, troubles } = await (request.scan ?? scanPeripherals)();
  const devices: FoundDevice[] = [];
  for (const candidate of candidates) devices.push(await lookAt(candidate, request));
  return { devices, troubles };
}

async function lookAt(candidate: Candidate, request: ScanRequest): Promise<FoundDevice> {
  const user = request.configured.find((entry) => isAt(entry, candidate));
  const match = matchCandidate(candidate, DRIVERS);
  const found = { match, address: candidate.address, probed: [] as readonly string[] };
  if (request.probe && user === undefined && match.type !== 'match') {
    Object.assign(found, await probe(candidate.address, request));
  }
  const fit = found.match.type === 'match' ? found.match.fit : undefined;
  return {
    address: found.address,
    name: nameOf(candidate),
    verdict: describeMatch(found.match),
    driver: fit?.driver ?? null,
    options: fit?.options ?? {},
    plug: plugOf(candidate) ?? null,
    usedBy: user?.peripheralId ?? null,
    probed: found.probed,
  };
}

async function probe(
  address: string,
  { clock, signal }: ScanRequest,
): Promise<{ match?: Match; address?: string; probed: readonly string[] }> {
  try {
    const result = await probePort({
      ...{ address, drivers: DRIVERS, open: openTransport, schedule: systemSchedule, signal },
      nowMs: () => clock.monotonicMs(),
    });
    return { match: result.match, address: result.address, probed: result.tried };
  } catch (error) {
    if (!isTillgateError(error)) throw error;
    return { probed: [`${error.message} ${error.hint}`] };
  }
}

/** What is plugged in at an address, where that is known. */
export async function plugOfAddress(address: string): Promise<PlugFacts | undefined> {
  const { candidates } = await scanPeripherals({ listReaders: () => Promise.resolve([]) });
  const base = (text: string): string => text.split('?')[0] ?? text;
  const found = candidates.find((candidate) => base(candidate.address) === base(address));
  return found === undefined ? undefined : plugOf(found);
}

function isAt({ address, plug }: PeripheralEntry, candidate: Candidate): boolean {
  const base = (text: string): string => text.split('?')[0] ?? text;
  if (base(address) === base(candidate.address)) return true;
  const { usb } = candidate;
  return (
    plug?.serialNumber !== undefined &&
    plug.serialNumber === usb?.serialNumber &&
    plug.vendorId === usb.vendorId
  );
}

function nameOf({ usb, readerName, kind }: Candidate): string {
  if (readerName !== undefined) return readerName;
  const said = [usb?.manufacturer, usb?.product].filter((part) => part !== undefined);
  return said.length > 0 ? said.join(' ') : kind;
}

export { UDEV_RULES } from '../../drivers/discovery/udev-rules.ts';
