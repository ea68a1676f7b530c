/**
 * What `fetchDiagnostics` answers: the gateway's status, what it runs on, and the newest lines of its
 * log, as JSON that fits an entry. Secrets are in none of them: the log leaves them out by itself.
 */
import { freemem, loadavg, totalmem } from 'node:os';
import type { GatewayStatus } from '../control/gateway-status.ts';

/** An entry's body stands in its leaf up to 32 KiB; the log of a chain must not fill with these. */
export const DIAGNOSTICS_BYTES_MAX = 24 * 1024;

export function diagnosticsText(
  status: GatewayStatus,
  lines: readonly string[],
  { at, configuration }: { at: string; configuration: object },
): string {
  const machine = {
    ...{ node: process.version, platform: process.platform, architecture: process.arch },
    ...{ uptimeSeconds: Math.round(process.uptime()), residentBytes: process.memoryUsage.rss() },
    ...{ freeBytes: freemem(), totalBytes: totalmem(), load: loadavg() },
  };
  const base = { at, machine, configuration };
  for (let count = lines.length; count > 0; count = Math.floor(count / 2)) {
    const text = JSON.stringify({ ...base, status, log: lines.slice(-count) });
    if (Buffer.byteLength(text) <= DIAGNOSTICS_BYTES_MAX) return text;
  }
  const whole = JSON.stringify({ ...base, status, log: [] });
  if (Buffer.byteLength(whole) <= DIAGNOSTICS_BYTES_MAX) return whole;
  const { version, origin, uplink, alarms } = status;
  const short = { version, origin, uplink, alarms: alarms.slice(-ALARMS_SHOWN) };
  const text = JSON.stringify({ at, machine, status: short, log: [] });
  return Buffer.byteLength(text) <= DIAGNOSTICS_BYTES_MAX
    ? text
    : JSON.stringify({ at, machine, status: { version, origin } });
}

const ALARMS_SHOWN = 8;
