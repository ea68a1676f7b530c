/** Goal: a command is carried out once, whatever is killed in between, and each ends with an entry. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { TillgateError } from '../../protocol/errors.ts';
import { systemClock } from '../../platform/system-clock.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { openLedgerInProcess } from '../ledger/ledger-client.ts';
import { openLedgerReader } from '../ledger/reader.ts';
import { CommandDesk } from './command-desk.ts';
import type { CommandActions } from './command-desk.ts';
import type { Placed } from './hq-words.ts';

const command = (commandId: string, more: object): Placed<'command'> => ({
  ...{ origin: 'd/acme/hq/hq/e1', entry: 3, scope: 'store', rank: 2 },
  document: { commandId, action: 'fetchDiagnostics', ...more },
});

void t.test('once, with an entry before and one after', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'command-desk-'));
  const ledger = openLedgerInProcess({
    ...{ dataDir, origin: 'd.example/acme/s1/g1/e1', clock: systemClock },
    onFatal: (error) => t.error(error),
  });
  const reader = openLedgerReader(dataDir);
  t.teardown(async () => {
    reader.close();
    await ledger.close();
    rmSync(dataDir, { recursive: true });
  });
  const done: string[] = [];
  let isKilled = false;
  let isRecovering = false;
  const actions: CommandActions = {
    restartPeripheral: (peripheralId) => {
      if (peripheralId === 'none') throw new TillgateError('PERIPHERAL_UNKNOWN', 'no');
      done.push(peripheralId);
      if (isKilled) throw new Error('killed');
      return Promise.resolve();
    },
    setLogLevel: (level) => {
      done.push(level);
      return 'info';
    },
    diagnostics: () => '{"a":1}',
  };
  const parts = { ledger, reader, clock: systemClock, actions, isRecovering: () => isRecovering };
  const start = (): CommandDesk => new CommandDesk(parts);
  const said = (): unknown[] =>
    [...reader.entries(0, reader.size())]
      .map(({ leaf }) => decodeEntry(leaf).header as unknown as Record<string, unknown>)
      .filter(({ event }) => event === 'command')
      .map(({ commandId, state }) => `${String(commandId)} ${String(state)}`);

  const first = [
    command('c1', { action: 'setLogLevel', level: 'debug' }),
    command('c2', {}),
    command('c3', { expiresAt: '2020-01-01T00:00:00Z' }),
    command('c4', { action: 'restartPeripheral', peripheralId: 'none' }),
  ];
  isRecovering = true;
  t.equal(await start().follow({ commands: first }), false, 'a log is on its way back');
  isRecovering = false;
  const desk = start();
  t.equal(await desk.follow({ commands: first }), true);
  await desk.follow({ commands: first });
  await start().follow({ commands: first });
  const told = [
    'c1 begun',
    'c1 done',
    'c2 begun',
    'c2 done',
    'c3 expired',
    'c4 begun',
    'c4 refused',
  ];
  t.strictSame(said(), told);
  t.strictSame(done, ['debug']);

  const restart = [command('c5', { action: 'restartPeripheral', peripheralId: 'p1' })];
  isKilled = true;
  await t.rejects(start().follow({ commands: restart }));
  isKilled = false;
  await start().follow({ commands: restart });
  await start().follow({ commands: restart });
  t.strictSame(done, ['debug', 'p1'], 'never a second time');
  t.strictSame(said().slice(told.length), ['c5 begun', 'c5 unknown']);
});
