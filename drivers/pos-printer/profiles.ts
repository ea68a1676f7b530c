/**
 * The profiles of profiles.json by their ids. Read when first asked for, since a gateway without a
 * printer needs none.
 */
import { readFileSync } from 'node:fs';
import { TillgateError } from '../../protocol/errors.ts';
import type { PrinterProfile } from './printer-profile.ts';

let loaded: readonly PrinterProfile[] | undefined;

/** All of them, in the order of the file. */
export function printerProfiles(): readonly PrinterProfile[] {
  loaded ??= JSON.parse(
    readFileSync(new URL('profiles.json', import.meta.url), 'utf8'),
  ) as PrinterProfile[];
  return loaded;
}

/** Throws `PERIPHERAL_OPTIONS`, with the names there are. */
export function profileNamed(id: string): PrinterProfile {
  const profile = printerProfiles().find((known) => known.id === id);
  if (profile !== undefined) return profile;
  const names = printerProfiles()
    .map((known) => known.id)
    .join(', ');
  throw new TillgateError(
    'PERIPHERAL_OPTIONS',
    `There is no printer profile ${JSON.stringify(id)}; there are: ${names}.`,
  );
}
