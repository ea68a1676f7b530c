/** Goal: bounded memory and no waiting on the way out. Method: a wire that the test opens and shuts. */
import t from 'tap';
import { ByteBudget } from './byte-budget.ts';
import { EgressBuffer } from './egress-buffer.ts';
import type { EgressFailure } from './egress-buffer.ts';
import type { Wire } from './wire.ts';

interface Lab {
  egress: EgressBuffer;
  written: Buffer[];
  failures: EgressFailure[];
  /** Ends the turn of the event loop. */
  turn: () => void;
  /** The wire has taken the write that is under way. */
  take: (error?: Error) => void;
}

function lab(budget = new ByteBudget(1_000_000)): Lab {
  const written: Buffer[] = [];
  const failures: EgressFailure[] = [];
  const jobs: (() => void)[] = [];
  let done: ((error?: Error | null) => void) | undefined;
  const wire: Wire = {
    peer: 'test',
    listen: () => undefined,
    write: (bytes, callback) => {
      written.push(Buffer.from(bytes));
      done = callback;
    },
    pause: () => undefined,
    resume: () => undefined,
    end: () => undefined,
    destroy: () => undefined,
  };
  const egress = new EgressBuffer({
    wire,
    limits: { waitingBytesMax: 100_000, stallMsMax: 10_000 },
    budget,
    schedule: (job) => void jobs.push(job),
    onFailure: (failure) => void failures.push(failure),
  });
  return {
    egress,
    written,
    failures,
    turn: () => {
      for (const job of jobs.splice(0)) job();
    },
    take: (error) => done?.(error ?? null),
  };
}

void t.test('what one turn writes leaves as one write, in order', (t) => {
  const { egress, written, turn, take } = lab();
  for (const part of ['a', 'b', 'c']) egress.write(Buffer.from(part));
  t.same(written, []);
  turn();
  t.same(written, [Buffer.from('abc')]);
  egress.write(Buffer.from('d'));
  egress.write(Buffer.from('e'));
  turn();
  t.equal(written.length, 1, 'one write at a time');
  take();
  t.same(written[1], Buffer.from('de'));
  t.equal(egress.waitingBytes, 2);
  take();
  t.equal(egress.waitingBytes, 0);
  t.end();
});

void t.test('much leaves in slices and nothing is lost', (t) => {
  const { egress, written, turn, take } = lab();
  const bytes = Buffer.from(Array.from({ length: 90_000 }, (_, at) => at & 0xff));
  egress.write(bytes);
  turn();
  t.equal(written[0]?.length, 64 * 1024);
  take();
  take();
  t.same(Buffer.concat(written), bytes);
  t.end();
});

void t.test('too much waiting ends it at once and frees the memory', (t) => {
  const { egress, failures, turn } = lab();
  egress.write(Buffer.alloc(60_000));
  turn();
  egress.write(Buffer.alloc(40_000));
  t.same(failures, []);
  egress.write(Buffer.alloc(1));
  t.same(failures, ['egress-overflow']);
  egress.write(Buffer.alloc(60_000));
  t.equal(egress.waitingBytes, 60_000, 'only what the wire has');
  t.same(failures, ['egress-overflow'], 'said once');
  t.end();
});

void t.test('ten seconds without progress end it, slow progress does not', (t) => {
  const { egress, failures, turn, take } = lab();
  egress.write(Buffer.alloc(70_000));
  turn();
  egress.sweep(0);
  egress.sweep(9_000);
  take();
  egress.sweep(11_000);
  egress.sweep(20_000);
  t.same(failures, [], 'the first slice went in between');
  egress.sweep(21_000);
  t.same(failures, ['egress-stalled']);
  t.end();
});

void t.test('an idle wire never stalls, and a broken one is named', (t) => {
  const { egress, failures, turn, take } = lab();
  egress.sweep(0);
  egress.sweep(100_000);
  egress.write(Buffer.alloc(1));
  turn();
  egress.sweep(100_100);
  t.same(failures, []);
  take(new TypeError('gone'));
  t.same(failures, ['wire-error']);
  t.end();
});

void t.test('whenEmpty waits for all that was written, and not after the end', (t) => {
  const { egress, turn, take } = lab();
  let emptied = 0;
  egress.write(Buffer.alloc(70_000));
  egress.whenEmpty(() => void (emptied += 1));
  take();
  t.equal(emptied, 0);
  take();
  t.equal(emptied, 1);
  egress.whenEmpty(() => void (emptied += 1));
  t.equal(emptied, 2, 'at once when nothing waits');
  egress.write(Buffer.alloc(1));
  turn();
  egress.whenEmpty(() => void (emptied += 1));
  egress.close();
  take();
  t.equal(emptied, 2);
  t.end();
});

void t.test('when all hold too much, who holds more than a share pays', (t) => {
  const budget = new ByteBudget(150_000);
  const [small, first, second] = [lab(budget), lab(budget), lab(budget)];
  small.egress.write(Buffer.alloc(1_000));
  first.egress.write(Buffer.alloc(90_000));
  second.egress.write(Buffer.alloc(40_000));
  t.equal(budget.usedBytes, 131_000);
  second.egress.write(Buffer.alloc(40_000));
  t.same([first.failures, second.failures], [[], ['egress-memory']]);
  t.equal(budget.usedBytes, 91_000, 'what it held is given back');
  first.egress.write(Buffer.alloc(9_000));
  small.egress.write(Buffer.alloc(60_000));
  small.egress.write(Buffer.alloc(1_000));
  t.same([small.failures, first.failures], [[], []], 'a small holder is left alone');
  first.turn();
  first.take();
  t.equal(budget.usedBytes, 62_000 + 99_000 - 65_536, 'what has left counts no more');
  t.end();
});
