/** A value of the configuration in a cell of a table; a header of receipts in full would fill the screen. */
const SHOWN_CHARACTERS = 40;

export function shownValue(value: unknown): string {
  if (value === null) return '';
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
