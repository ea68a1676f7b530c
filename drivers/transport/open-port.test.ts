import t from 'tap';
import type { Schedule } from '../../platform/schedule.ts';
import { TillgateError } from '../../protocol/errors.ts';
import { OpenPort, QUEUED_BYTES_MAX, UNHEARD_BYTES_MAX } from './open-port.ts';

interface Held {
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A port whose writes wait until the test lets them go. */
function heldPort(release: () => Promise<void> = () => Promise.resolve(), schedule?: Schedule) {
  const writes: Held[] = [];
  const write = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => void writes.push({ bytes, resolve, reject }));
  return { port: new OpenPort('tcp://host:1', { write, release }, schedule), writes };
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

void t.test('writes go out one after the other, in the order of the calls', async (t) => {
  const { port, writes } = heldPort();
  const ends: number[] = [];
  void port.write(bytes(1)).then(() => ends.push(1));
  void port.write(bytes(2)).then(() => ends.push(2));
  t.same(
    writes.map((held) => held.bytes),
    [bytes(1)],
  );
  writes[0]?.resolve();
  await turn();
  t.same(ends, [1]);
  t.same(writes[1]?.bytes, bytes(2));
  writes[1]?.resolve();
  await turn();
  t.same(ends, [1, 2]);
});

void t.test('what waits is bounded, and room comes back', async (t) => {
  const { port, writes } = heldPort();
  const all = port.write(new Uint8Array(QUEUED_BYTES_MAX));
  await t.rejects(port.write(bytes(1)), { code: 'TRANSPORT_FAULT' });
  writes[0]?.resolve();
  await all;
  const next = port.write(bytes(1));
  writes[1]?.resolve();
  await next;
});

void t.test('everything pending rejects at the end, and the first end counts', async (t) => {
  const { port, writes } = heldPort();
  const pending = [port.write(bytes(1)), port.write(bytes(2))];
  const rejected = Promise.all(
    pending.map((write) => t.rejects(write, { code: 'TRANSPORT_CLOSED' })),
  );
  port.finish({ reason: 'unplugged', error: new TillgateError('TRANSPORT_ABSENT', 'pulled out') });
  port.finish({ reason: 'requested' });
  await rejected;
  writes[0]?.resolve();
  const end = await port.closed;
  t.equal(end.reason, 'unplugged');
  await t.rejects(port.write(bytes(3)), { code: 'TRANSPORT_CLOSED', message: /pulled out/ });
  t.equal(writes.length, 1, 'nothing was written any more');
});

void t.test('a write that fails ends the port: gone or broken, by its error', async (t) => {
  const gone = heldPort();
  const first = t.rejects(gone.port.write(bytes(1)), { code: 'TRANSPORT_CLOSED' });
  gone.writes[0]?.reject(Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' }));
  await first;
  t.equal((await gone.port.closed).reason, 'unplugged');
  const broken = heldPort();
  const second = t.rejects(broken.port.write(bytes(1)), { code: 'TRANSPORT_CLOSED' });
  broken.writes[0]?.reject(new Error('parity of the moon'));
  await second;
  const end = await broken.port.closed;
  t.match(end, { reason: 'fault', error: { code: 'TRANSPORT_FAULT', message: /parity/ } });
});

void t.test('bytes before the listener are kept, up to a bound', async (t) => {
  const { port } = heldPort();
  const heard: Uint8Array[] = [];
  port.received(bytes(1));
  port.received(bytes(2));
  port.onData((chunk) => void heard.push(chunk));
  port.received(bytes(3));
  t.same(heard, [bytes(1), bytes(2), bytes(3)]);
  const noisy = heldPort();
  noisy.port.received(new Uint8Array(UNHEARD_BYTES_MAX));
  t.equal(noisy.port.isOver, false);
  noisy.port.received(bytes(1));
  t.equal((await noisy.port.closed).reason, 'fault');
});

void t.test('after the end nothing is heard any more', async (t) => {
  const { port } = heldPort();
  const heard: Uint8Array[] = [];
  port.onData((chunk) => void heard.push(chunk));
  await port.close();
  port.received(bytes(1));
  t.same(heard, []);
});

void t.test('a port that cannot be freed is not waited for for ever', async (t) => {
  let giveUp = (): void => undefined;
  const schedule: Schedule = (callback) => {
    giveUp = callback;
    return () => undefined;
  };
  const { port } = heldPort(() => new Promise(() => undefined), schedule);
  const closed = port.close();
  giveUp();
  await closed;
  t.same(await port.closed, { reason: 'requested' });
  const failing = heldPort(() => Promise.reject(new Error('stuck')));
  await failing.port.close();
});
