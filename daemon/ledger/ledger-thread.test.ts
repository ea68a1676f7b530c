/**
 * Goal: failures of the storage are told apart: a full disk comes and goes, a failed write ends the
 * process after everything that waits has been told. Method: the thread's logic over a memory store
 * whose commits fail on demand.
 */
import t from 'tap';
import { systemSchedule } from '../../platform/schedule.ts';
import { TillgateError, type ErrorCode } from '../../protocol/errors.ts';
import { unpackAnswers, type Unpacked } from './answer-pack.ts';
import { FakeClock, newCore, sale } from './ledger-fixtures.ts';
import type { FromLedger } from './ledger-messages.ts';
import { LedgerThread } from './ledger-thread.ts';
import { MemoryStore } from './memory-store.ts';
import { WalKeeper } from './wal-keeper.ts';

interface Lab {
  thread: LedgerThread;
  posted: FromLedger[];
  /** The next commits fail with this; undefined heals the disk. */
  failWith: (code: ErrorCode | undefined) => void;
  settle: () => Promise<Unpacked[]>;
  released: number;
}

function lab(hasReserve = false): Lab {
  let failing: ErrorCode | undefined;
  const clock = new FakeClock();
  const core = newCore(
    new MemoryStore({
      beforeCommit: () => {
        if (failing === undefined) return;
        throw new TillgateError(failing, 'on purpose', {
          retryable: failing === 'LEDGER_DISK_FULL',
        });
      },
    }),
  );
  const posted: FromLedger[] = [];
  const made: Lab = {
    posted,
    released: 0,
    failWith: (code) => {
      failing = code;
    },
    settle: async () => {
      await new Promise<void>((resolve) => made.thread.drain(resolve));
      return posted
        .splice(0)
        .flatMap((one) => (one.type === 'answers' ? unpackAnswers(one.pack) : []));
    },
    thread: new LedgerThread({
      core,
      wal: new WalKeeper({ clock, walBytesMax: 1e9, requestCheckpoint: () => undefined }),
      reserve: {
        take: () => undefined,
        release: () => {
          made.released += 1;
          failing = undefined;
          return hasReserve;
        },
      },
      post: (message) => posted.push(message),
      schedule: systemSchedule,
    }),
  };
  return made;
}

const one = (ticket: number): Parameters<LedgerThread['submissions']>[0] => [
  { ticket, submission: sale(`${ticket}`) },
];

void t.test('a full disk refuses sales and heals by itself', async (t) => {
  const { thread, failWith, settle } = lab();
  failWith('LEDGER_DISK_FULL');
  thread.submissions(one(1));
  t.match(await settle(), [{ ticket: 1, error: { code: 'LEDGER_DISK_FULL', retryable: true } }]);
  failWith(undefined);
  thread.submissions(one(1));
  t.match(await settle(), [{ ticket: 1, answer: { outcome: 'accepted', index: 1 } }]);
});

void t.test('on a full disk only the own entries of the gateway may use the reserve', async (t) => {
  const made = lab(true);
  made.failWith('LEDGER_DISK_FULL');
  made.thread.submissions(one(1));
  made.thread.append(2, { type: 'append', kind: 'note', members: {} });
  t.match(await made.settle(), [
    { ticket: 1, error: { code: 'LEDGER_DISK_FULL' } },
    { ticket: 2, answer: { outcome: 'appended', index: 1 } },
  ]);
  t.equal(made.released, 1);
});

void t.test(
  'after a failed write everybody is told and nothing is accepted any more',
  async (t) => {
    const { thread, posted, failWith, settle } = lab();
    failWith('LEDGER_IO');
    thread.submissions(one(1));
    await new Promise((resolve) => setImmediate(resolve));
    t.match(posted[0], { type: 'fatal', error: { code: 'LEDGER_IO' } });
    failWith(undefined);
    thread.submissions(one(2));
    t.match(await settle(), [
      { ticket: 1, error: { code: 'LEDGER_IO' } },
      { ticket: 2, error: { code: 'LEDGER_IO' } },
    ]);
  },
);

void t.test('the ledger waits for its checkpoint above the cap, but not for ever', (t) => {
  const clock = new FakeClock();
  let requested = 0;
  const wal = new WalKeeper({
    clock,
    walBytesMax: 1_000_000,
    requestCheckpoint: () => {
      requested += 1;
    },
  });
  wal.wrote(100_000);
  t.equal(wal.mustWait(), false);
  wal.wrote(2_000_000);
  t.equal(requested, 1);
  t.equal(wal.mustWait(), true);
  wal.checkpointed({ type: 'checkpointed', walBytes: 5_000_000, isComplete: false });
  t.equal(wal.mustWait(), true, 'an incomplete checkpoint does not let the log start over');
  t.equal(requested, 2, 'so it is asked for again');
  wal.checkpointed({ type: 'checkpointed', walBytes: 5_000_000, isComplete: true });
  t.equal(wal.mustWait(), false);
  wal.wrote(2_000_000);
  t.equal(wal.mustWait(), true);
  clock.monotonic += 2_000;
  t.equal(wal.mustWait(), false, 'a reader that never ends must not stop the sales');
  t.end();
});
