/** Names and keys of the simulated chain; made once, because signatures are what a run spends on. */
import type { KeyObject } from 'node:crypto';
import { KEY_TYPE_COSIGNATURE } from '../../protocol/log/verifier-key.ts';
import { signAdmission } from '../../protocol/replication/admission.ts';
import type { Enrolment } from '../../protocol/replication/enrolment.ts';
import { sampleKey, sampleSigner } from '../../protocol/replication/fixtures/sample-log.ts';

export const HQ_DURABLE = sampleSigner('hq.example.com/hq/durable', 31, KEY_TYPE_COSIGNATURE);
export const HQ_FEED = sampleSigner('hq.example.com/hq/feed', 32);

/** Of key bytes: HQ's keys lie below. */
const FIRST_STORE_KEY = 64;

export type StoreIdentity = { origin: string; privateKey: KeyObject; enrolment: Enrolment };

const identities = new Map<number, StoreIdentity>();

export function storeIdentity(store: number): StoreIdentity {
  const known = identities.get(store);
  if (known !== undefined) return known;
  const origin = `hq.example.com/acme/s${store}/g1/e1`;
  const keyByte = FIRST_STORE_KEY + store;
  const { vkey } = sampleSigner(origin, keyByte);
  const enrolment: Enrolment = {
    origin,
    hqUrl: 'mqtt://hq.example.com',
    username: `acme.s${store}.g1`,
    password: 'simulated',
    hqKeys: [HQ_DURABLE.vkey, HQ_FEED.vkey],
    admission: signAdmission({ origin, vkey }, HQ_FEED),
  };
  const identity = { origin, privateKey: sampleKey(keyByte), enrolment };
  identities.set(store, identity);
  return identity;
}
