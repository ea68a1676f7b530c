/**
 * The stock verifier of transparency logs: a small Go program over Debian's
 * golang-golang-x-mod-dev, built once a test file, without network or modules.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { need, needTool } from './need-tool.ts';

const DEBIAN_GOPATH = '/usr/share/gocode';
const SOURCE = fileURLToPath(new URL('../conformance/sumdb/main.go', import.meta.url));

export interface GoSumdb {
  /** Runs the program; `ok` is whether it exited with 0. */
  run(...words: string[]): { ok: boolean; output: string };
}

/** Builds the program into `folder`; undefined (and the test ended) where Go is missing. */
export function buildGoSumdb(t: Test, folder: string): GoSumdb | undefined {
  if (!needTool(t, 'go')) return undefined;
  const packages = join(DEBIAN_GOPATH, 'src/golang.org/x/mod/sumdb/tlog');
  if (!need(t, existsSync(packages), 'golang-golang-x-mod-dev (Debian)')) return undefined;
  const program = join(folder, 'sumdb');
  execFileSync('go', ['build', '-o', program, SOURCE], {
    stdio: 'pipe',
    env: {
      ...process.env,
      GO111MODULE: 'off',
      GOPATH: DEBIAN_GOPATH,
      GOFLAGS: '',
      GOCACHE: process.env['GOCACHE'] ?? join(folder, 'go-cache'),
    },
  });
  return {
    run: (...words) => {
      const { status, stdout } = spawnSync(program, words, {
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
      });
      return { ok: status === 0, output: stdout };
    },
  };
}
