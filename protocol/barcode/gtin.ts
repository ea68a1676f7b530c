/** GTINs (GS1 General Specifications): the check digit, and one form for the four lengths. */

const GTIN = /^(?:[0-9]{8}|[0-9]{12,14})$/;
const GTIN_DIGITS = 14;

/** GTIN-8, -12, -13 or -14 with a check digit that is right. */
export function isGtin(text: string): boolean {
  return GTIN.test(text) && checkDigit(text.slice(0, -1)) === Number(text.at(-1));
}

/** The same number with 14 digits, by which GTINs of all lengths compare. */
export function toGtin14(gtin: string): string {
  return gtin.padStart(GTIN_DIGITS, '0');
}

/** The check digit behind `digits`: weights 3 and 1 from the right. */
export function checkDigit(digits: string): number {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    sum += at % 2 === 0 ? 3 * digit : digit;
  }
  return (10 - (sum % 10)) % 10;
}
