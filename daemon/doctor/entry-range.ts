/** Ranges of entries, as people are told of them. */

/** Entries [start, end) of a log. */
export interface EntryRange {
  origin: string;
  start: number;
  end: number;
}

export function addTo(ranges: EntryRange[], range: EntryRange): void {
  const last = ranges.at(-1);
  if (last?.origin === range.origin && last.end === range.start) last.end = range.end;
  else ranges.push(range);
}

export function rangeText({ origin, start, end }: EntryRange): string {
  const which = end - start === 1 ? `entry ${start}` : `entries ${start}–${end - 1}`;
  return `${which} of ${origin}`;
}
