/**
 * The keys by which a gateway cosigns the feeds that it holds: those of all epochs of its own log, as
 * custody knows them. None for a gateway whose log never came in. A key that custody does not know
 * never counts.
 */
import { parseOrigin } from '../../protocol/log/origin.ts';
import { KEY_TYPE_COSIGNATURE, decodeVkey, encodeVkey } from '../../protocol/log/verifier-key.ts';
import type { GatewayPlace } from '../../protocol/replication/hq-topics.ts';
import type { CustodyReader } from '../custody/custody.ts';

export async function cosignerKeys(
  custody: Pick<CustodyReader, 'heads'>,
  { chain, store, gateway }: GatewayPlace,
): Promise<string[]> {
  const heads = await custody.heads();
  return heads.flatMap(({ origin, logVkey }) => {
    const of = parseOrigin(origin);
    if (of.chain !== chain || of.store !== store || of.gateway !== gateway) return [];
    return [encodeVkey(origin, KEY_TYPE_COSIGNATURE, decodeVkey(logVkey).publicKey)];
  });
}
