/** What can be asked of headquarters about rights where it writes: pools, grants and fences. */
import { TillgateError } from '../../protocol/errors.ts';
import type { PublishDesk } from '../feeds/publish-desk.ts';
import type { ChainPools, RightsDesk, Said } from '../rights/rights-desk.ts';
import type { ShownGrant, ShownPool } from '../rights/shown-pools.ts';
import type { Given } from './given.ts';

type OfChain = { chain?: string };

export type IssuedGrant = {
  chain: string;
  grantId: string;
  pool: string;
  holder: { store: string; gateway: string };
  amount: number;
};

export interface RightsVerbs {
  'pool.list': { params: OfChain; result: { chains: ChainPools[] } };
  'pool.show': {
    params: OfChain & { pool: string };
    result: ShownPool & { chain: string; grants: ShownGrant[] };
  };
  'pool.set': {
    params: OfChain & { pool: string; amount: number };
    result: ShownPool & { chain: string };
  };
  'grant.issue': {
    params: OfChain & {
      grantId: string;
      pool: string;
      store: string;
      gateway: string;
      amount: number;
      expiresAt?: string;
    };
    result: Said<IssuedGrant>;
  };
  'grant.list': { params: OfChain; result: { chain: string; grants: ShownGrant[] } };
  'grant.recall': {
    params: OfChain & { grantId: string };
    result: { chain: string; grantId: string; isNew: boolean };
  };
  /** Without a gateway all of the store's. */
  'store.fence': {
    params: { chain: string; store: string; gateway?: string; by: string; reason: string };
    result: Said<{ chain: string; fenced: string[] }>;
  };
}

export type RightsVerbParts = { publish: PublishDesk; rights: RightsDesk };

const VERBS: ReadonlySet<string> = new Set<keyof RightsVerbs>([
  'pool.list',
  'pool.show',
  'pool.set',
  'grant.issue',
  'grant.list',
  'grant.recall',
  'store.fence',
]);

export function isRightsVerb(verb: string): boolean {
  return VERBS.has(verb);
}

export async function runRightsVerb(
  { publish, rights }: RightsVerbParts,
  given: Given,
): Promise<RightsVerbs[keyof RightsVerbs]['result']> {
  if (given.verb === 'pool.list') return { chains: await rights.pools(given.optional('chain')) };
  const chain = await publish.chainOf(given.optional('chain'));
  switch (given.verb) {
    case 'pool.show':
      return rights.pool(chain, given.text('pool'));
    case 'pool.set': {
      const shown = await rights.setSupply(chain, given.text('pool'), given.count('amount'));
      return { chain, ...shown };
    }
    case 'grant.issue':
      return issue(rights, chain, given);
    case 'grant.list':
      return { chain, grants: await rights.grants(chain) };
    case 'grant.recall': {
      const grantId = given.text('grantId');
      return { chain, grantId, ...(await rights.recall(chain, grantId)) };
    }
    case 'store.fence': {
      const holder = { store: given.text('store'), gateway: given.optional('gateway') };
      const why = { by: given.text('by'), reason: given.text('reason') };
      return { chain, ...(await rights.fence(chain, holder, why)) };
    }
    default:
      throw new TillgateError('CONTROL_PROTOCOL', `${given.verb} is nothing about rights.`);
  }
}

async function issue(rights: RightsDesk, chain: string, given: Given): Promise<Said<IssuedGrant>> {
  const asked = {
    ...{ grantId: given.text('grantId'), pool: given.text('pool'), amount: given.count('amount') },
    holder: { store: given.text('store'), gateway: given.text('gateway') },
    expiresAt: given.optional('expiresAt'),
  };
  return { chain, ...(await rights.issue(chain, asked)) };
}
