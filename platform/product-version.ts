/** The version of the product, from the package.json that it was installed with. */
import { readFileSync } from 'node:fs';
import { TillgateError } from '../protocol/errors.ts';

/** The sources lie one folder below package.json, the compiled files two. */
const CANDIDATES = ['../package.json', '../../package.json'];

export const PRODUCT_VERSION: string = readVersion();

function readVersion(): string {
  for (const candidate of CANDIDATES) {
    const version = versionIn(new URL(candidate, import.meta.url));
    if (version !== undefined) return version;
  }
  throw new TillgateError('INTERNAL', 'The package.json of tillgate is missing.');
}

function versionIn(file: URL): string | undefined {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Not at this place: the next candidate decides.
    return undefined;
  }
  if (typeof content !== 'object' || content === null) return undefined;
  const { name, version } = content as { name?: unknown; version?: unknown };
  return name === 'tillgate' && typeof version === 'string' ? version : undefined;
}
