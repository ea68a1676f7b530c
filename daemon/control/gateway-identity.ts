/** What a gateway is called and by which key its log is checked. */
import type { KeyObject } from 'node:crypto';
import type { GatewayConfig } from '../../config/gateway-schema.ts';
import { ed25519PublicKeyBytes } from '../../platform/keys/ed25519-key-file.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { formatOrigin, parseOrigin, sameGateway } from '../../protocol/log/origin.ts';
import { encodeVkey, KEY_TYPE_ED25519 } from '../../protocol/log/verifier-key.ts';

/** The origin of the first epoch of the gateway that the configuration names. */
export function firstOrigin(config: GatewayConfig): string {
  const { domain, chain, store, gateway } = config;
  return formatOrigin({ domain, chain, store, gateway, epoch: 1 });
}

export function verifierKeyOf(origin: string, key: KeyObject): string {
  return encodeVkey(origin, KEY_TYPE_ED25519, ed25519PublicKeyBytes(key));
}

/**
 * Throws `CONFIG_VALUE` when the configuration names another gateway than the log on this machine:
 * the log would go on under a name that nobody admitted.
 */
export function checkSameGateway(config: GatewayConfig, logOrigin: string): void {
  const named = firstOrigin(config);
  if (sameGateway(parseOrigin(named), parseOrigin(logOrigin))) return;
  throw new TillgateError(
    'CONFIG_VALUE',
    `The configuration names the gateway ${named}, but the log on this machine is ${logOrigin}.`,
    { hint: 'set domain, chain, store and gateway back, or use a new home for another gateway' },
  );
}
