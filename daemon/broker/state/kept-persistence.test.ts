/**
 * Goal: the persistence is one that aedes can stand on. Method: the abstract suite of aedes'
 * persistences, unchanged, over the real file. Its thread is the test's own: each of fifty tests
 * would start one.
 */
import assert from 'node:assert';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import t from 'tap';
import { BrokerDatabase } from './broker-database.ts';
import type { FromState, StatePort } from './broker-state-messages.ts';
import { openKeptPersistence } from './open-kept-persistence.ts';
import { StateThread } from './state-thread.ts';

interface SuiteTest {
  plan(count: number): void;
  diagnostic(text: string): void;
  assert: typeof assert;
}
type Suite = (options: {
  test: (name: string, run: (test: SuiteTest) => Promise<void>) => void;
  persistence: () => Promise<unknown>;
  testAsync: true;
}) => void;

const abstractSuite = createRequire(import.meta.url)('aedes-persistence/abstract.js') as Suite;
let count = 0;

abstractSuite({
  testAsync: true,
  persistence: async () => {
    const path = join(t.testdir(), `broker-${count++}.db`);
    const opened = await openKeptPersistence({
      path,
      port: inProcess(path),
      isGranted: () => true,
      onDropped: () => assert.fail('nothing is dropped'),
      onFatal: (error) => assert.fail(error),
      onSetAside: (message) => assert.fail(message),
    });
    return opened.persistence;
  },
  test: (name, run) =>
    void t.test(name, async (t) => {
      await run({ plan: () => undefined, diagnostic: () => undefined, assert });
      t.pass(name);
    }),
});

function inProcess(path: string): StatePort {
  const database = new BrokerDatabase(path);
  let receive: (message: FromState) => void = () => undefined;
  let ended = (): void => undefined;
  const thread = new StateThread(
    {
      open: () => assert.fail('it is open'),
      setAside: () => assert.fail('it is whole'),
      post: (message) => void setImmediate(() => receive(message)),
    },
    database,
  );
  return {
    post: (message) => {
      if (message.type === 'changes')
        thread.changes(message.batch, structuredClone(message.changes));
      else if (message.type === 'read') thread.read(message.ticket, message.ids);
      else
        thread.drain(() => {
          thread.close();
          ended();
        });
    },
    listen: (receiver) => {
      receive = receiver;
      receive({ type: 'ready', state: database.state, aside: undefined });
    },
    onEnd: (callback) => {
      ended = callback;
    },
    terminate: () => undefined,
  };
}
