/** A gateway whose home is copied or put back, as an image of its disk would be. */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { settled } from './chain-under-test.ts';
import type { ChainUnderTest } from './chain-under-test.ts';
import { TillUnderTest } from './till-under-test.ts';
import type { Answer, Credential } from './till-under-test.ts';
import { GatewayUnderTest } from './tillgate-process.ts';

/** Files that stand for the home at one moment. */
export function copyHome(gateway: GatewayUnderTest, name: string): string {
  const copy = `${gateway.home}-${name}`;
  cpSync(gateway.home, copy, { recursive: true });
  return copy;
}

export function putBack(gateway: GatewayUnderTest, copy: string): void {
  rmSync(gateway.home, { recursive: true });
  cpSync(copy, gateway.home, { recursive: true });
}

/** A second machine with a copy of the home; it has not started. */
export function secondMachine(t: Test, gateway: GatewayUnderTest, name: string): GatewayUnderTest {
  const folder = `${gateway.home}-${name}`;
  mkdirSync(folder);
  const copy = new GatewayUnderTest(folder);
  cpSync(gateway.home, join(copy.home), { recursive: true });
  t.teardown(() => copy.stop('SIGKILL'));
  return copy;
}

/** A till of the gateway as it runs now. */
export async function tillOf(
  t: Test,
  gateway: GatewayUnderTest,
  credential: Credential,
): Promise<TillUnderTest> {
  const till = await TillUnderTest.connect((await gateway.status()).mqtt, credential);
  t.teardown(() => till.end());
  return till;
}

export async function recovered(t: Test, gateway: GatewayUnderTest): Promise<void> {
  const status = await settled(
    () => gateway.status(),
    ({ recovery }) => recovery === null,
  );
  t.match(status, { recovery: null, grantsFrozen: false }, 'everything is back');
}

export async function expectVerified(t: Test, chain: ChainUnderTest): Promise<void> {
  const { valid } = await chain.gateway.json<{ valid: boolean }>('log', 'verify', '--signatures');
  t.equal(valid, true, 'the log verifies');
  t.match(await chain.hq.ok('log', 'verify'), /./);
}

export const answerOf = ({ outcome, origin, index, leafHash }: Answer): object => ({
  ...{ outcome, origin, index, leafHash },
});
