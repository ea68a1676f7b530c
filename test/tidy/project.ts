/** The files of this project as they lie on disk, without what is installed or generated. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { readSource } from './source-file.ts';
import type { SourceFile } from './source-file.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git', '.tap']);

/** Every file, root-relative, with forward slashes. */
export function projectPaths(folder = ''): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? projectPaths(path) : [path];
  });
}

export function projectSources(): SourceFile[] {
  return projectPaths()
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readSource(path, projectText(path)));
}

export function projectText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
