/**
 * ISO 4217 currencies and the digits of their minor unit. The table is checked in and not taken
 * from Intl, whose answers change with the ICU version: the same transaction has to get the same
 * judgement on every machine and after every update. It holds the codes in force in 2025 and those
 * withdrawn since 2020 (ANG, BGN, CUC, HRK, SLL, ZWL), because old sales may still be refunded.
 * Codes without a minor unit (metals, XDR and the like) are not money a till can take.
 */

const CODES_BY_DIGITS: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  2: [
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN',
    'BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP',
    'GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT',
    'LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO',
    'NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS',
    'SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD',
    'XCG YER ZAR ZMW ZWG ZWL',
  ].join(' '),
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

const DIGITS = new Map(
  Object.entries(CODES_BY_DIGITS).flatMap(([digits, codes]) =>
    codes.split(' ').map((code) => [code, Number(digits)] as const),
  ),
);

/** Every code that a transaction may carry, sorted. */
export const CURRENCY_CODES: readonly string[] = [...DIGITS.keys()].sort();

/** Digits of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD; undefined for an unknown code. */
export function minorUnitDigits(currency: string): number | undefined {
  return DIGITS.get(currency);
}
