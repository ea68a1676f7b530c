/**
 * A gateway that holds all there is of a member's points and of the uses of a coupon, and what both
 * ends say of that: frozen or not, how much is spent, which conflicts there are.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { withHq } from '../../hq/control/with-hq.ts';
import type { HqCall } from '../../hq/control/hq-verbs.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { settled, startChain } from './chain-under-test.ts';
import type { ChainOptions, ChainUnderTest } from './chain-under-test.ts';
import type { Credential } from './till-under-test.ts';
import { tillgate } from './tillgate-process.ts';
import type { GatewayUnderTest } from './tillgate-process.ts';

export const POINTS = { pool: 'points:m-1', granted: 60 };
export const COUPON = { couponId: 'c1', pool: 'coupon:c1', granted: 2 };

export interface GrantedChain extends ChainUnderTest {
  credential: Credential;
  atHq: HqCall;
}

export async function chainWithGrants(t: Test, options: ChainOptions = {}): Promise<GrantedChain> {
  const chain = await startChain(t, { settleSeconds: 0, ...options });
  const { hq, gateway } = chain;
  const atHq: HqCall = (verb, params) =>
    withHq({ home: hq.home, clock: systemClock }, (call) => call(verb, params));
  const file = join(t.testdirName, 'coupons.json');
  const { couponId, granted: cap } = COUPON;
  const rate = { value: 10, scale: 2 };
  writeFileSync(file, JSON.stringify([{ couponId, names: { en: 'Two of all' }, rate, cap }]));
  await hq.ok('feed', 'publish', file, '--chain', 'acme');
  // What is published makes its pool a moment later.
  await settled(
    () =>
      atHq('pool.show', { pool: COUPON.pool }).then(
        () => true,
        () => false,
      ),
    Boolean,
  );
  await atHq('pool.set', { pool: POINTS.pool, amount: POINTS.granted });
  for (const { pool, granted: amount } of [POINTS, COUPON]) {
    await atHq('grant.issue', { grantId: pool, pool, amount, store: 's0417', gateway: 'g1' });
  }
  const credential = await gateway.addDevice('till-1');
  const { rights } = await settled(
    () => gateway.status(),
    (status) => status.rights.pools === 2,
  );
  t.equal(rights.pools, 2, 'the grants are here');
  return { ...chain, credential, atHq };
}

/** Waits until the gateway says so of its rights, and shows it to a person as well. */
export async function expectFrozen(
  t: Test,
  gateway: GatewayUnderTest,
  reason: string,
): Promise<void> {
  const status = await settled(
    () => gateway.status(),
    ({ recovery, rights }) => rights.frozen === reason || (recovery === null && reason === ''),
  );
  t.match(status, { grantsFrozen: true, rights: { frozen: reason } });
  t.match(await gateway.ok('status'), new RegExp(`^rights +frozen \\(${reason}\\): points`, 'm'));
}

export async function expectThawed(t: Test, gateway: GatewayUnderTest): Promise<void> {
  const status = await settled(
    () => gateway.status(),
    ({ grantsFrozen, recovery }) => !grantsFrozen && recovery === null,
  );
  t.match(status, { grantsFrozen: false, recovery: null, rights: { frozen: null } });
  t.notMatch(await gateway.ok('status'), /frozen/);
}

/** What headquarters counts as spent of a pool; waits until it is so much. */
export async function expectSpent(
  t: Test,
  { atHq }: GrantedChain,
  { pool, spent }: { pool: string; spent: number },
): Promise<void> {
  const shown = await settled(
    () => atHq('pool.show', { pool }),
    (answer) => answer.spent === spent,
  );
  t.equal(shown.spent, spent, `${spent} of ${pool} are spent`);
}

/** Of headquarters or a gateway, by the command that people use. */
export async function conflictAt(home: string, ...words: string[]): Promise<unknown> {
  const { stdout } = await tillgate(['conflict', ...words, '--home', home, '--json']);
  return JSON.parse(stdout);
}
