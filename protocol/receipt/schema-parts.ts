/** What the schemas of several kinds of block share. Absent members have defaults; null is not taken. */
import Type from 'typebox';

/** A page of small print; longer texts are several blocks. */
export const TEXT_CHARACTERS_MAX = 4_096;
export const LABEL_CHARACTERS_MAX = 256;

/** Line feeds part lines; any other control character would be a command to the printer. */
export const TEXT_PATTERN = '^[^\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$';
export const LINE_PATTERN = '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$';

export const CLOSED = { additionalProperties: false } as const;

export function text(description: string, maxLength = TEXT_CHARACTERS_MAX) {
  return Type.String({
    description: `${description} No control character but the line feed.`,
    maxLength,
    pattern: TEXT_PATTERN,
  });
}

export function lineOfText(description: string, maxLength = LABEL_CHARACTERS_MAX) {
  return Type.String({
    description: `${description} No control characters.`,
    maxLength,
    pattern: LINE_PATTERN,
  });
}

export function integer(description: string, limits: { minimum?: number; maximum?: number } = {}) {
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = limits;
  return Type.Integer({ description, minimum, maximum });
}

export const align = Type.Optional(
  Type.Enum(['left', 'center', 'right'], { description: 'Where on the paper; absent means left.' }),
);
export const magnification = (what: string) =>
  Type.Optional(integer(`How many times as ${what}; absent means 1.`, { minimum: 1, maximum: 4 }));

/** How characters look; every block of text takes these. */
export const style = {
  bold: Type.Optional(Type.Boolean({ description: 'Absent means false.' })),
  underline: Type.Optional(Type.Boolean({ description: 'Absent means false.' })),
  invert: Type.Optional(Type.Boolean({ description: 'White on black; absent means false.' })),
  width: magnification('wide'),
  height: magnification('high'),
  font: Type.Optional(
    Type.Enum(['A', 'B'], {
      description:
        'B is smaller. Absent means A, which is also used where a printer has no B and for a ' +
        'block with characters that only A lines up with.',
    }),
  ),
};
