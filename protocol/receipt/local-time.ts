/**
 * A moment in a store's time zone, as every language here writes it: `2010-12-01 08:26`. The zone's
 * rules are the machine's; an unknown zone, or a moment that no calendar has, is printed as given.
 */

const DATE_CHARACTERS = 16;

/** `moment` is an RFC 3339 date-time. */
export function localTime(moment: string, timeZone: string): string {
  const at = Date.parse(moment);
  const formatter = formatterFor(timeZone);
  if (formatter === undefined || Number.isNaN(at)) {
    return moment.slice(0, DATE_CHARACTERS).replace(/[Tt]/, ' ');
  }
  const parts = new Map(formatter.formatToParts(at).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
  const date = [part('year'), part('month'), part('day')].join('-');
  return `${date} ${part('hour')}:${part('minute')}`;
}

function formatterFor(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
  } catch (error) {
    // Intl says so for a zone that it does not know; the receipt is worth more than its clock.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
