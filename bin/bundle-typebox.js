// Puts the library of schemas into the compiled files as one file instead of seven hundred: each
// process and each thread that checks a form loads it, and that took a sixth of a second each time.
// The sources go on using the package as it is.
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const PLACE = 'vendor/typebox';
/** What is imported of it, and the file that stands for that. One that is missing fails the build. */
const ENTRIES = { typebox: 'index', 'typebox/compile': 'compile', 'typebox/format': 'format' };
const IMPORT = /^((?:import|export)\s[^;]*?from\s)['"](typebox(?:\/[^'"]+)?)['"];/gm;

export async function bundleTypebox(root, out) {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints: Object.entries(ENTRIES).map(([name, file]) => ({ in: name, out: file })),
    outdir: join(out, PLACE),
    bundle: true,
    // What the entries share stands once: formats are registered in one and checked in another.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    logLevel: 'warning',
  });
  cpSync(join(root, 'node_modules/typebox/license'), join(out, PLACE, 'LICENSE'));
  for (const name of readdirSync(out, { recursive: true })) {
    if (name.endsWith('.js') && !name.startsWith(PLACE)) useBundle(out, name);
  }
}

function useBundle(out, name) {
  const path = join(out, name);
  const text = readFileSync(path, 'utf8');
  const changed = text.replaceAll(IMPORT, (_, before, specifier) => {
    const entry = ENTRIES[specifier];
    if (entry === undefined) throw new Error(`${name} imports ${specifier}: name it in ENTRIES`);
    return `${before}'${relative(dirname(path), join(out, PLACE, entry))}.js';`;
  });
  if (changed !== text) writeFileSync(path, changed);
}
