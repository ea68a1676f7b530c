/**
 * Runs a program of tests in mounts and a network of its own, so that what it mounts and starts does
 * not leak into the machine, and reports its failures into the test that called.
 */
import { spawn } from 'node:child_process';
import type { Test } from 'tap';
import { findTool, need, needTool } from './need-tool.ts';

/** False where the machine cannot: the test has been ended then, see need-tool.ts. */
export function canMakeWorlds(t: Test, tools: readonly string[]): boolean {
  if (!['unshare', 'mount', ...tools].every((tool) => needTool(t, tool))) return false;
  return need(t, process.getuid?.() === 0, 'root');
}

/** `world` is a shell script that makes the world and ends in `exec "$@"`. */
export async function runInWorld(t: Test, world: string, words: readonly string[]): Promise<void> {
  const unshare = [findTool('unshare') ?? '', '-mn', '--propagation', 'private', 'sh', world];
  const [command = '', ...rest] = [...unshare, process.execPath, ...words];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let complaints = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const status = await new Promise((resolve) => child.once('close', resolve));
  const failures = output.split('\n').filter((line) => /^ *not ok/.test(line));
  t.same(failures, [], complaints.slice(0, 2_000));
  t.equal(status, 0);
  const passed = output.split('\n').filter((line) => line.startsWith('ok'));
  for (const line of passed) t.pass(line);
}
