/**
 * What kind of code was read. The names are UnifiedPOS's (SCAN_SDT_…) without their prefix. They come
 * from the AIM identifier `]cm` (ISO/IEC 15424), or from the byte that SSI puts before the data.
 */

/** Add-ons, GS1 forms and what only few scanners can tell apart included. */
export type Symbology =
  | ('UPCA' | 'UPCE' | 'EAN8' | 'EAN13' | 'UPCA_S' | 'UPCE_S' | 'EAN8_S' | 'EAN13_S')
  | ('TF' | 'ITF' | 'Codabar' | 'Code39' | 'Code93' | 'Code128' | 'EAN128')
  | ('GS1DATABAR' | 'GS1DATABAR_E' | 'PDF417' | 'UPDF417' | 'MAXICODE' | 'AZTEC')
  | ('DATAMATRIX' | 'GS1DATAMATRIX' | 'QRCODE' | 'GS1QRCODE' | 'UQRCODE' | 'OTHER' | 'UNKNOWN');

/** Symbols whose data is GS1 element strings. */
const GS1_SYMBOLS: ReadonlySet<Symbology> = new Set<Symbology>([
  ...(['EAN128', 'GS1DATABAR', 'GS1DATABAR_E', 'GS1DATAMATRIX', 'GS1QRCODE'] as const),
]);

export function isGs1Symbol(symbology: Symbology): boolean {
  return GS1_SYMBOLS.has(symbology);
}

/** By the letter; where the digit matters it is a key of its own. */
const BY_AIM: Readonly<Record<string, Symbology>> = {
  ...{ A: 'Code39', C: 'Code128', C1: 'EAN128', E: 'EAN13', E3: 'EAN13_S', E4: 'EAN8' },
  ...{ F: 'Codabar', G: 'Code93', I: 'ITF', R: 'TF', S: 'TF' },
  ...{ L: 'PDF417', L3: 'UPDF417', L4: 'UPDF417', L5: 'UPDF417', U: 'MAXICODE', z: 'AZTEC' },
  ...{ d: 'DATAMATRIX', d2: 'GS1DATAMATRIX', d5: 'GS1DATAMATRIX' },
  ...{ e: 'GS1DATABAR', Q: 'QRCODE', Q3: 'GS1QRCODE', Q4: 'GS1QRCODE' },
};

const AIM = /^\](?<letter>[A-Za-z])(?<modifier>[0-9A-Za-z])/;

/** Splits `]E04006381333931` into its identifier and what follows; undefined without identifier. */
export function aimOf(text: string): string | undefined {
  return AIM.exec(text)?.[0];
}

export function symbologyOfAim(aim: string): Symbology {
  const [letter, modifier] = [aim.charAt(1), aim.charAt(2)];
  return BY_AIM[`${letter}${modifier}`] ?? BY_AIM[letter] ?? 'OTHER';
}

/** Bar code types of SSI (Zebra 72E-40451, appendix); what is missing here is OTHER. */
const BY_SSI: Readonly<Record<number, Symbology>> = {
  ...{ 0x01: 'Code39', 0x02: 'Codabar', 0x03: 'Code128', 0x04: 'TF', 0x05: 'TF', 0x06: 'ITF' },
  ...{ 0x07: 'Code93', 0x08: 'UPCA', 0x09: 'UPCE', 0x0a: 'EAN8', 0x0b: 'EAN13', 0x0f: 'EAN128' },
  ...{ 0x10: 'UPCE', 0x11: 'PDF417', 0x13: 'Code39', 0x16: 'EAN13', 0x19: 'Code128' },
  ...{ 0x1a: 'UPDF417', 0x1b: 'DATAMATRIX', 0x1c: 'QRCODE', 0x25: 'MAXICODE', 0x2c: 'UQRCODE' },
  ...{ 0x2d: 'AZTEC', 0x30: 'GS1DATABAR', 0x31: 'GS1DATABAR', 0x32: 'GS1DATABAR_E' },
  ...{ 0x48: 'UPCA_S', 0x49: 'UPCE_S', 0x4a: 'EAN8_S', 0x4b: 'EAN13_S' },
  ...{ 0x88: 'UPCA_S', 0x89: 'UPCE_S', 0x8a: 'EAN8_S', 0x8b: 'EAN13_S' },
};

export function symbologyOfSsi(type: number): Symbology {
  return type === 0 ? 'UNKNOWN' : (BY_SSI[type] ?? 'OTHER');
}
