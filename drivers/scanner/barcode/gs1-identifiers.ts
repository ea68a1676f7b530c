/**
 * GS1 application identifiers with the form of their values (GS1 General Specifications, section 3),
 * as far as goods in a shop carry them. `N14` is fourteen digits, `X..20` up to twenty characters of
 * set 82; parts stand one after the other. An `n` in an identifier is any digit.
 */

export interface Gs1Identifier {
  readonly digits: number;
  readonly value: RegExp;
  readonly lengthMax: number;
  /** Its length is part of the standard's table, so no separator follows it. */
  readonly isPredefined: boolean;
  readonly hasCheckDigit: boolean;
  readonly isDate: boolean;
}

/** Identifiers, form, and what else their value has to be. */
const TABLE: readonly (readonly [ids: string, form: string, also?: 'check' | 'date'])[] = [
  ['00', 'N18', 'check'],
  ['01 02 03', 'N14', 'check'],
  ['10 21 22', 'X..20'],
  ['11 12 13 15 16 17', 'N6', 'date'],
  ['20', 'N2'],
  ['235', 'X..28'],
  ['240 241 250 251 400 401 403', 'X..30'],
  ['242', 'N..6'],
  ['243 254', 'X..20'],
  ['253', 'N13 X..17?'],
  ['255', 'N13 N..12?'],
  ['30 37', 'N..8'],
  ['310n 311n 312n 313n 314n 315n 316n', 'N6'],
  ['320n 321n 322n 323n 324n 325n 326n 327n 328n 329n', 'N6'],
  ['330n 331n 332n 333n 334n 335n 336n 337n', 'N6'],
  ['340n 341n 342n 343n 344n 345n 346n 347n 348n 349n', 'N6'],
  ['350n 351n 352n 353n 354n 355n 356n 357n', 'N6'],
  ['360n 361n 362n 363n 364n 365n 366n 367n 368n 369n', 'N6'],
  ['390n 392n', 'N..15'],
  ['391n 393n', 'N3 N..15'],
  ['394n', 'N4'],
  ['395n', 'N6'],
  ['402', 'N17', 'check'],
  ['410 411 412 413 414 415 416 417', 'N13', 'check'],
  ['420', 'X..20'],
  ['421', 'N3 X..9'],
  ['422 424 426', 'N3'],
  ['423 425', 'N3 N..12'],
  ['427', 'X..3'],
  ['7001', 'N13'],
  ['7002', 'X..30'],
  ['7003', 'N10'],
  ['7004', 'N..4'],
  ['7005', 'X..12'],
  ['7006', 'N6'],
  ['7007', 'N6 N..6'],
  ['7008', 'X..3'],
  ['7009', 'X..10'],
  ['7010', 'X..2'],
  ['703n', 'N3 X..27'],
  ['8001', 'N14'],
  ['8002 8012', 'X..20'],
  ['8003', 'N14 X..16?'],
  ['8004', 'X..30'],
  ['8005', 'N6'],
  ['8006 8026', 'N14 N2 N2'],
  ['8007', 'X..34'],
  ['8008', 'N8 N..4?'],
  ['8010', 'X..30'],
  ['8011', 'N..12'],
  ['8013 8020', 'X..25'],
  ['8017 8018', 'N18', 'check'],
  ['8019', 'N..10'],
  ['8110 8112 8200', 'X..70'],
  ['8111', 'N4'],
  ['90', 'X..30'],
  ['91 92 93 94 95 96 97 98 99', 'X..90'],
];

/** First two digits of the identifiers of predefined length; fixed by the standard for ever. */
const PREDEFINED = /^(?:0[0-4]|1[1-9]|20|3[1-6]|41)/;
const SET_82 = '[!-"%-?A-Z_a-z]';

/** One entry a row, shared by its identifiers, but for the length of the identifier itself. */
const IDENTIFIERS: ReadonlyMap<string, Gs1Identifier> = new Map(
  TABLE.flatMap(([ids, form, also]) => {
    const rule = ruleOf(form, also);
    return ids.split(' ').flatMap((id) => {
      const known = { ...rule, digits: id.length, isPredefined: PREDEFINED.test(id) };
      return spelledOut(id).map((name) => [name, known] as const);
    });
  }),
);

function spelledOut(id: string): string[] {
  if (!id.endsWith('n')) return [id];
  return Array.from({ length: 10 }, (_, digit) => `${id.slice(0, -1)}${digit}`);
}

function ruleOf(
  form: string,
  also: 'check' | 'date' | undefined,
): Omit<Gs1Identifier, 'digits' | 'isPredefined'> {
  let [pattern, lengthMax] = ['', 0];
  for (const part of form.split(' ')) {
    const isVariable = part.includes('..');
    const length = Number(/\d+/.exec(part)?.[0]);
    const lengthMin = part.endsWith('?') ? 0 : isVariable ? 1 : length;
    pattern += `${part.startsWith('N') ? '\\d' : SET_82}{${lengthMin},${length}}`;
    lengthMax += length;
  }
  // What follows a fixed first part may be left out: `7007` is one date or two.
  const value = new RegExp(`^${form === 'N6 N..6' ? '\\d{6}(?:\\d{6})?' : pattern}$`);
  return { value, lengthMax, hasCheckDigit: also === 'check', isDate: also === 'date' };
}

/** The identifier that this text begins with; they are two, three or four digits. */
export function identifierAt(text: string, at: number): Gs1Identifier | undefined {
  for (const digits of [2, 3, 4]) {
    const known = IDENTIFIERS.get(text.slice(at, at + digits));
    if (known !== undefined) return known;
  }
  return undefined;
}
