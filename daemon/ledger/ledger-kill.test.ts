/**
 * Goal: what was answered before a SIGKILL is in the log afterwards, at the index the answer named.
 * Method: this file starts itself as the victim, which floods a ledger and prints each answer it
 * gets; it is killed amid commits, several times over the same ledger, and the log is then read.
 * (A killed process loses no page cache; power cuts are another suite.)
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { systemClock } from '../../platform/system-clock.ts';
import { decodeEntry } from '../../protocol/log/entry.ts';
import { leafHash, rootAt } from '../../protocol/log/merkle.ts';
import { must } from '../../protocol/must.ts';
import { openLedgerInProcess, startLedger } from './ledger-client.ts';
import { freshFolder, ORIGIN, sale } from './ledger-fixtures.ts';
import { naiveRoot } from './naive-root.ts';
import { openLedgerReader } from './reader.ts';

const KILLS = 4;
const IN_FLIGHT = 200;
const options = (dataDir: string): Parameters<typeof startLedger>[0] => ({
  dataDir,
  origin: ORIGIN,
  clock: systemClock,
  reserveBytes: 0,
  onFatal: (error) => {
    throw error;
  },
});

async function victim(dataDir: string, name: string): Promise<void> {
  const client = await startLedger(options(dataDir));
  const one = async (at: number): Promise<void> => {
    const submission = sale(`${name} ${at}`, { body: Buffer.from(`${name} ${at}`.padEnd(900)) });
    const { index } = await client.submit(submission);
    process.stdout.write(`${name} ${at} ${index}\n`);
    await one(at + IN_FLIGHT);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, (_, at) => one(at)));
}

/** The answers that left the victim before it was killed: name → index. */
async function killAmidCommits(dataDir: string, round: number): Promise<Map<string, number>> {
  const child = spawn(
    process.execPath,
    [fileURLToPath(import.meta.url), 'victim', dataDir, `round-${round}`],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const answers = new Map<string, number>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [name, at, index] = line.split(' ');
    if (index === undefined) continue;
    answers.set(`${name} ${at}`, Number(index));
    if (answers.size === 700 + 300 * round) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  t.equal(child.signalCode, 'SIGKILL');
  return answers;
}

async function run(): Promise<void> {
  const folder = freshFolder();
  const answers = new Map<string, number>();
  for (let round = 0; round < KILLS; round += 1) {
    for (const [name, index] of await killAmidCommits(folder.path, round)) answers.set(name, index);
  }
  const reader = openLedgerReader(folder.path);
  for (const [name, index] of answers) {
    const { body } = decodeEntry(must(reader.entry(index), 'an answered sale is kept'));
    if (Buffer.from(body).toString().trimEnd() !== name) t.fail(`${name} is not at ${index}`);
  }
  t.ok(answers.size >= KILLS * 700, `${answers.size} answers, none lost`);
  const hashes = [...reader.entries(0, reader.size())].map(({ leaf }) => leafHash(leaf));
  t.equal(hashes.length, reader.size());
  t.ok(Buffer.from(naiveRoot(hashes)).equals(rootAt(reader.size(), reader.node)));
  reader.close();

  const client = openLedgerInProcess(options(folder.path));
  const [[name, index] = ['', -1]] = answers;
  const again = await client.submit(sale(name, { body: Buffer.from(name.padEnd(900)) }));
  t.match(again, { outcome: 'accepted', index, duplicate: true });
  await client.close();
  folder.remove();
}

if (process.argv[2] === 'victim') {
  await victim(must(process.argv[3], 'a folder'), must(process.argv[4], 'a name'));
} else {
  void t.test('everything answered before a SIGKILL is there after it', run);
}
