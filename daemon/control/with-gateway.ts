/**
 * How a command speaks to a gateway: to the running daemon over its socket, or, when it is down, to
 * the same operations in this process. The command need not know which.
 */
import { gatewayPaths } from '../../config/paths.ts';
import type { Clock } from '../../protocol/clock.ts';
import { connectControl } from './control-client.ts';
import type { GatewayStatus } from './gateway-status.ts';
import type { Call } from './verbs.ts';

export interface GatewayAccess {
  /** As given with --home. */
  home: string | undefined;
  clock: Clock;
}

/** Runs `work` with a way to call verbs; closes what it opened. */
export async function withGateway<T>(
  access: GatewayAccess,
  work: (call: Call) => Promise<T>,
): Promise<T> {
  const paths = gatewayPaths(access.home);
  const client = await connectControl(paths.controlSocket);
  if (client !== undefined) {
    try {
      return await work(client.call);
    } finally {
      client.close();
    }
  }
  const { openOfflineGateway } = await import('./offline-gateway.ts');
  const gateway = await openOfflineGateway(paths, access.clock);
  try {
    return await work(gateway.call);
  } finally {
    await gateway.close();
  }
}

/** The status of a gateway, running or not; takes no lock and changes nothing. */
export async function statusOfGateway(access: GatewayAccess): Promise<GatewayStatus> {
  const paths = gatewayPaths(access.home);
  const client = await connectControl(paths.controlSocket);
  if (client !== undefined) {
    try {
      return await client.call('status', {});
    } finally {
      client.close();
    }
  }
  const { loadConfig } = await import('../../config/loader.ts');
  const { GATEWAY_CONFIG } = await import('../../config/gateway-schema.ts');
  const { offlineStatus } = await import('./offline-status.ts');
  const config = loadConfig(GATEWAY_CONFIG, paths.configFile);
  return offlineStatus(paths, config);
}
