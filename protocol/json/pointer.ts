/** JSON Pointers (RFC 6901) as problems carry them. */

/** A problem's path stays readable and small even where a sender uses a key of a megabyte. */
const POINTER_CHARACTERS_MAX = 200;

/** One reference token, escaped (RFC 6901 section 3), with its leading slash. */
export function pointerToken(token: string | number): string {
  if (typeof token === 'number') return `/${token}`;
  return `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The pointer over `tokens`, cut with an ellipsis when it would be longer than an answer can bear. */
export function jsonPointer(tokens: readonly (string | number)[]): string {
  let pointer = '';
  for (const token of tokens) {
    pointer += pointerToken(typeof token === 'string' ? shorten(token) : token);
    if (pointer.length > POINTER_CHARACTERS_MAX) return shorten(pointer);
  }
  return pointer;
}

/**
 * Text as a problem may carry it: cut to size, never through a surrogate pair, and with half pairs
 * replaced, because a problem becomes part of a hashed entry.
 */
export function shorten(text: string, charactersMax = POINTER_CHARACTERS_MAX): string {
  if (text.length <= charactersMax) return text.toWellFormed();
  return `${text
    .slice(0, charactersMax)
    .toWellFormed()
    .replace(/\ufffd$/, '')}…`;
}
