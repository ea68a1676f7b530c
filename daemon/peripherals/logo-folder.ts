/**
 * The store's pictures for receipts: PNGs that the operator puts into the folder `logos` beside the
 * configuration, each named by its file. Read when a printer is connected, so that a new one needs no
 * restart. A file that cannot be printed is left out with a sentence why; the others are there.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemFailure } from '../../platform/system-failure.ts';
import { PICTURE_BYTES_MAX } from '../../protocol/receipt/graphic-block-schemas.ts';
import { refusePicture } from '../../protocol/receipt/picture-header.ts';

/** A store has one or two; they stay in memory while a printer is connected. */
const LOGOS_MAX = 16;
const LOGO_FILE = /^([a-z0-9][a-z0-9-]{0,31})\.png$/;

export interface Logos {
  readonly byName: ReadonlyMap<string, Uint8Array>;
  /** What was left out and why. */
  readonly problems: readonly string[];
}

export function readLogos(folder: string): Logos {
  const byName = new Map<string, Uint8Array>();
  const problems: string[] = [];
  for (const file of filesIn(folder, problems)) {
    const name = LOGO_FILE.exec(file)?.[1];
    const path = join(folder, file);
    if (name === undefined) {
      problems.push(`${path} is left out: a logo is named like store-1.png.`);
    } else if (byName.size === LOGOS_MAX) {
      problems.push(`${path} is left out: at most ${LOGOS_MAX} logos are kept.`);
    } else {
      const read = readLogo(path);
      if (typeof read === 'string') problems.push(`${path} is left out: ${read}.`);
      else byName.set(name, read);
    }
  }
  return { byName, problems };
}

function filesIn(folder: string, problems: string[]): string[] {
  if (!existsSync(folder)) return [];
  try {
    return readdirSync(folder).toSorted();
  } catch (error) {
    problems.push(`The logos in ${folder} cannot be read: ${reasonOf(error)}`);
    return [];
  }
}

function readLogo(path: string): Uint8Array | string {
  try {
    const { size } = statSync(path);
    if (size > PICTURE_BYTES_MAX) return `it has ${size} bytes, at most ${PICTURE_BYTES_MAX} go`;
    const bytes = readFileSync(path);
    return refusePicture(bytes) ?? bytes;
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  const known = systemFailure(error);
  return known?.message ?? (error instanceof Error ? error.message : String(error));
}
