/** Entries of logs as the model has them: headers alone, and the place that an entry is first of. */

export type Header = Readonly<Record<string, unknown>>;

export type CarriedFrom = { origin: string; index: number };

/** Where what the entry says was said first: carried over, it counts once with its original. */
export function placeOf(header: Header, origin: string, index: number): string {
  const from = header['carriedFrom'] as CarriedFrom | undefined;
  return from === undefined ? `${origin}#${index}` : `${from.origin}#${from.index}`;
}

/** Entries that are written again where their log can no longer be sent. */
export function isCarriedOver({ kind, event }: Header): boolean {
  if (kind === 'transaction') return true;
  return kind === 'grant' && ['returned', 'held', 'released', 'collected'].includes(String(event));
}
