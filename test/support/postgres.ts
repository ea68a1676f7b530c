/**
 * A throw-away PostgreSQL for tests: its own cluster in a fresh folder, reachable only through a
 * unix socket there, durable as a real one (fsync stays on). The server refuses to run as root, so
 * under root it runs as the system's user postgres.
 */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { must } from '../../protocol/must.ts';
import { findTool } from './need-tool.ts';

const START_ATTEMPTS = 200;
const START_WAIT_MS = 50;

export type TestPostgres = {
  /** A connection URL to a new, empty database. */
  createDatabase(): string;
  stop(): Promise<void>;
};

type Owner = { uid?: number; gid?: number };

/** Needs the tool `postgres`; ask `needTool` first. */
export async function startPostgres(): Promise<TestPostgres> {
  const owner = serverOwner();
  const folder = mkdtempSync(join(tmpdir(), 'tillgate-pg-'));
  chmodSync(folder, 0o700);
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid ?? owner.uid);
  const data = join(folder, 'data');
  const options = { ...owner, cwd: folder, stdio: 'ignore' as const };
  execFileSync(tool('initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'], options);
  const server = spawn(
    tool('postgres'),
    ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'shared_buffers=32MB'],
    options,
  );
  await untilReady(folder, options);
  let databases = 0;
  return {
    createDatabase: () => {
      databases++;
      const name = `test${databases}`;
      execFileSync(tool('createdb'), ['-h', folder, '-U', 'postgres', name], options);
      return `postgresql:///${name}?host=${encodeURIComponent(folder)}&user=postgres`;
    },
    stop: async () => {
      await stopServer(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function untilReady(
  folder: string,
  options: Owner & { cwd: string; stdio: 'ignore' },
): Promise<void> {
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
    try {
      execFileSync(tool('psql'), ['-h', folder, '-U', 'postgres', '-c', 'SELECT 1'], options);
      return;
    } catch (error) {
      // Not accepting connections yet; the loop is bounded.
      if (attempt === START_ATTEMPTS - 1) throw error;
      await wait(START_WAIT_MS);
    }
  }
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const ended = new Promise((resolve) => server.once('exit', resolve));
  // SIGINT is PostgreSQL's fast shutdown.
  server.kill('SIGINT');
  await ended;
}

function serverOwner(): Owner {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function tool(name: string): string {
  return must(findTool(name), `${name} was asked for before`);
}
