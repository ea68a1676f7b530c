/** Goal: right passwords get in quickly and often, wrong ones cost the guesser. */
import t from 'tap';
import { Authenticator } from './authenticator.ts';
import { generatePassword, hashPassword, verifyPassword } from './credential.ts';

void t.test('a password fits its own hash only', async (t) => {
  const password = generatePassword();
  t.match(password, /^([0-9a-f]{8}-){4}[0-9a-f]{8}$/);
  t.not(password, generatePassword());
  const stored = await hashPassword(password);
  t.notOk(stored.includes(password));
  t.not(stored, await hashPassword(password), 'salted');
  t.ok(await verifyPassword(Buffer.from(password), stored));
  t.notOk(await verifyPassword(Buffer.from(`${password}x`), stored));
  for (const damaged of ['', 'plain', stored.slice(1), stored.replace('$14$', '$31$')]) {
    t.notOk(await verifyPassword(Buffer.from(password), damaged), `"${damaged}"`);
  }
});

void t.test('a success is remembered until the stored hash changes', async (t) => {
  const authenticator = new Authenticator();
  const right = Buffer.from('right');
  const stored = await hashPassword('right');
  t.equal(await authenticator.check('t1', right, stored), 'known');
  const startMs = performance.now();
  for (let time = 0; time < 200; time += 1) {
    t.equal(await authenticator.check('t1', right, stored), 'known');
  }
  // Two hundred real checks take seconds; this only tells the two apart.
  t.ok(performance.now() - startMs < 1_000);
  t.equal(await authenticator.check('t1', Buffer.from('wrong'), stored), 'wrong');
  t.equal(await authenticator.check('t2', right, undefined), 'wrong');
  t.equal(await authenticator.check('t1', right, await hashPassword('other')), 'wrong');
});

void t.test('the same check runs once, and a guesser waits in his own short queue', async (t) => {
  const authenticator = new Authenticator();
  const stored = await hashPassword('right');
  const same = Array.from({ length: 50 }, () =>
    authenticator.check('t1', Buffer.from('right'), stored),
  );
  const guesses = Array.from({ length: 50 }, (_, at) =>
    authenticator.check('t2', Buffer.from(`guess ${at}`), stored),
  );
  const unknown = Array.from({ length: 50 }, (_, at) =>
    authenticator.check(`nobody-${at}`, Buffer.from('x'), undefined),
  );
  const count = async (checks: Promise<string>[], result: string): Promise<number> =>
    (await Promise.all(checks)).filter((found) => found === result).length;
  t.equal(await count(same, 'known'), 50);
  t.equal(await count(guesses, 'wrong'), 8);
  t.equal(await count(guesses, 'busy'), 42);
  t.equal(await count(unknown, 'busy'), 42, 'all unknown names share one queue');
  t.equal(await authenticator.check('t2', Buffer.from('right'), stored), 'known', 'works again');
});
