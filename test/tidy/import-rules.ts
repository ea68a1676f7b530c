/**
 * Which folder may see which, and that no import runs in a circle. Imports that only matter at
 * compile time obey the directions too, but may close a circle, since nothing is loaded by them.
 */
import { builtinModules } from 'node:module';
import { dirname, join, normalize } from 'node:path/posix';
import type { Finding, SourceFile } from './source-file.ts';

/** What each folder may see besides itself: a folder, or one path inside it. */
export const VISIBLE: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  platform: ['protocol'],
  config: ['protocol', 'platform'],
  drivers: ['protocol', 'platform', 'config'],
  daemon: ['protocol', 'platform', 'config', 'drivers'],
  hq: ['protocol', 'platform', 'config'],
  cli: [
    'protocol',
    'platform',
    'config',
    'drivers/registry.ts',
    'drivers/simulators.ts',
    'drivers/simulation',
    'daemon/control',
    'daemon/main.ts',
    'hq/control',
    'hq/main.ts',
    'demo/main.ts',
  ],
  // The command line is not loaded by the demonstration but started, as a process of its own.
  demo: ['protocol', 'platform', 'config', 'cli/main.ts'],
  docs: ['protocol', 'config'],
};

/** What the pure folder may use of Node: computation, never input or output. */
const PURE_BUILTINS = new Set(['node:crypto', 'node:buffer', 'node:util']);

/** Folders whose files stand over all others: they test or measure the whole. */
const OVERSEERS = new Set(['test', 'bench']);

export function checkDirections(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => {
    const folder = topFolder(file.path);
    if (OVERSEERS.has(folder) || !file.path.includes('/')) return [];
    const visible = VISIBLE[folder];
    if (visible === undefined) {
      return [{ path: file.path, message: `folder ${folder}/ has no rule in import-rules.ts` }];
    }
    return file.imports.flatMap((edge) => {
      const target = resolveEdge(file.path, edge.target);
      const ok =
        target === undefined
          ? folder !== 'protocol' || isShell(file.path) || isPure(edge.target)
          : maySee(file.path, target, visible);
      const message = `${folder}/ must not import ${edge.target}`;
      return ok ? [] : [{ path: file.path, line: edge.line, message }];
    });
  });
}

function maySee(path: string, target: string, visible: readonly string[]): boolean {
  if (topFolder(target) === topFolder(path)) return maySeeDriver(path, target);
  if (isTest(path) && target.startsWith('test/')) return true;
  return visible.some((rule) => target === rule || target.startsWith(`${rule}/`));
}

/** What carries and finds peripherals; every other folder of drivers/ is a category of them. */
const BELOW_DRIVERS = new Set(['transport', 'discovery', 'simulation']);
/** The two things of it that a category is written against. */
const DRIVER_CONTRACT = /^drivers\/([^/]+\.ts|transport\/transport\.ts)$/;

/**
 * Categories never see each other, and of what is below them only the contract, so that each is
 * written, read and tested alone. Their tests may use what carries bytes.
 */
function maySeeDriver(path: string, target: string): boolean {
  const from = driverFolder(path);
  const to = driverFolder(target);
  if (from === undefined || BELOW_DRIVERS.has(from) || from === to) return true;
  if (to !== undefined && !BELOW_DRIVERS.has(to)) return false;
  return DRIVER_CONTRACT.test(target) || isTest(path);
}

/** `scale` for `drivers/scale/x.ts`; undefined for files of drivers/ itself and elsewhere. */
function driverFolder(path: string): string | undefined {
  return /^drivers\/([^/]+)\//.exec(path)?.[1];
}

/** Tests and generators of the pure folder may read and write files; the product never loads them. */
function isShell(path: string): boolean {
  return isTest(path) || /\/generate-[^/]*\.ts$/.test(path);
}

function isPure(specifier: string): boolean {
  const bare = specifier.replace(/^node:/, '');
  return !builtinModules.includes(bare) || PURE_BUILTINS.has(specifier);
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('test/');
}

export function topFolder(path: string): string {
  return path.slice(0, Math.max(0, path.indexOf('/')));
}

/** The root-relative path an import names; undefined for packages and Node's own modules. */
export function resolveEdge(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const path = normalize(join(dirname(from), specifier));
  // workerUrl() adds the extension of its caller itself.
  return /\.(ts|js|json|mjs)$/.test(path) ? path : `${path}.ts`;
}

/** Circles among the imports that are loaded at run time, each named once by its files. */
export function checkCycles(files: readonly SourceFile[]): Finding[] {
  const graph = new Map<string, string[]>();
  for (const file of files) {
    const targets = file.imports
      .filter((edge) => edge.kind === 'value')
      .flatMap((edge) => resolveEdge(file.path, edge.target) ?? []);
    graph.set(file.path, targets);
  }
  return strongComponents(graph).map((members) => ({
    path: members[0] ?? '',
    message: `imports run in a circle: ${members.join(' → ')}`,
  }));
}

/** Tarjan's strongly connected components of more than one file, or of a file with itself. */
function strongComponents(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const components: string[][] = [];
  const visit = (path: string): number => {
    const index = order.size;
    order.set(path, index);
    low.set(path, index);
    stack.push(path);
    let lowest = index;
    for (const target of graph.get(path) ?? []) {
      if (!graph.has(target)) continue;
      if (!order.has(target)) lowest = Math.min(lowest, visit(target));
      else if (stack.includes(target)) lowest = Math.min(lowest, order.get(target) ?? lowest);
    }
    low.set(path, lowest);
    if (lowest === index) {
      const members = stack.splice(stack.indexOf(path));
      const isLoop = members.length > 1 || (graph.get(path) ?? []).includes(path);
      if (isLoop) components.push(members);
    }
    return lowest;
  };
  for (const path of graph.keys()) if (!order.has(path)) visit(path);
  return components;
}

/** Files that nothing loads: neither imported (their own test does not count) nor an entry point. */
export function checkDeadFiles(
  files: readonly SourceFile[],
  isEntryPoint: (path: string) => boolean,
): Finding[] {
  const used = new Set<string>();
  for (const file of files) {
    for (const edge of file.imports) {
      const target = resolveEdge(file.path, edge.target);
      if (target === undefined) continue;
      if (file.path !== target.replace(/\.ts$/, '.test.ts')) used.add(target);
    }
  }
  return files
    .filter((file) => !used.has(file.path) && !isEntryPoint(file.path))
    .map((file) => ({
      path: file.path,
      message: 'nothing imports this file: delete it or use it',
    }));
}
