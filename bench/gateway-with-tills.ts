/**
 * A real gateway process with enrolled tills, under a fresh home on the disk of `--folder`. With
 * `--stock` it adds stock up from the first sale on.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatewayPaths } from '../config/paths.ts';
import { openOfflineGateway } from '../daemon/control/offline-gateway.ts';
import { StockDatabase } from '../daemon/stock/stock-database.ts';
import { systemClock } from '../platform/system-clock.ts';
import { GatewayUnderTest } from '../test/support/tillgate-process.ts';
import type { LoadOrder } from './load-generator.ts';

export interface GatewayWithTills {
  host: string;
  port: number;
  tills: LoadOrder['tills'];
  folder: string;
  /** CPU seconds of the daemon so far, all its threads. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

export async function startGateway(tillCount: number): Promise<GatewayWithTills> {
  const at = process.argv.indexOf('--folder');
  const folder = mkdtempSync(
    join(process.argv[at < 0 ? -1 : at + 1] ?? tmpdir(), 'tillgate-bench-'),
  );
  const gateway = new GatewayUnderTest(folder);
  await gateway.init();
  const offline = await openOfflineGateway(gatewayPaths(gateway.home), systemClock);
  const tills: LoadOrder['tills'] = [];
  for (let number = 0; number < tillCount; number += 1) {
    const deviceId = `till-${number}`;
    tills.push(await offline.call('device.add', { deviceId, role: 'till' }));
  }
  await offline.close();
  if (process.argv.includes('--stock')) {
    new StockDatabase(gatewayPaths(gateway.home).stockFile).close();
  }
  const status = await gateway.start();
  const { process: pid, mqtt } = status;
  return {
    ...mqtt,
    tills,
    folder,
    cpuSeconds: () => cpuSeconds(pid ?? 0),
    stop: async () => {
      await gateway.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Fields 14 and 15 of /proc/PID/stat, user and system time in ticks of 10 ms (proc(5)). */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
