/**
 * From the bytes of one code to what a till is told of it: text, symbology, check digit, GS1
 * elements, what is embedded, and whether it pays. Total: any bytes give an answer.
 */
import type { Json, JsonObject } from '../../../protocol/json/json-value.ts';
import { decodeText } from './decode-text.ts';
import type { DecodedText, FallbackEncoding } from './decode-text.ts';
import { readEmbedded } from './embedded-code.ts';
import type { EmbeddedLayout, EmbeddedReading } from './embedded-code.ts';
import { GROUP_SEPARATOR, readGs1 } from './gs1.ts';
import type { Gs1Reading } from './gs1.ts';
import { gs1Embedded } from './gs1-measures.ts';
import { readGtin } from './gtin.ts';
import type { GtinReading } from './gtin.ts';
import { maskedCode, paymentClassOf } from './payment-code.ts';
import { aimOf, isGs1Symbol, symbologyOfAim } from './symbology.ts';
import type { Symbology } from './symbology.ts';

/** One code as the device gave it. */
export interface RawCode {
  readonly bytes: Uint8Array;
  readonly aim?: string;
  /** What the device's own protocol says. */
  readonly symbology?: Symbology;
}

export interface BarcodeOptions {
  readonly fallbackEncoding: FallbackEncoding;
  readonly embedded: readonly EmbeddedLayout[];
  readonly paymentCodes: boolean;
}

/** Members of the event `scan`. */
export function readBarcode(raw: RawCode, options: BarcodeOptions): JsonObject {
  const { bytes, aim } = withoutAim(raw);
  const decoded = decodeText(bytes, options.fallbackEncoding);
  const told = aim === undefined ? (raw.symbology ?? 'UNKNOWN') : symbologyOfAim(aim);
  const gtin = decoded === undefined ? undefined : readGtin(told, decoded.text);
  const symbology = gtin?.symbology ?? told;
  const members: JsonObject = {
    symbology,
    symbologyFrom: told === 'UNKNOWN' ? 'data' : aim === undefined ? 'device' : 'aim',
    ...(aim !== undefined && { aim }),
  };
  const payment = options.paymentCodes && paymentClassOf(decoded?.text ?? '', symbology);
  if (payment && decoded !== undefined) {
    // The one member that holds the whole code; whoever keeps events leaves it out.
    const masked = maskedCode(decoded.text);
    return { data: masked, ...members, payment: { class: payment }, paymentCode: decoded.text };
  }
  return {
    ...textMembers(bytes, decoded),
    ...members,
    ...gtinMembers(gtin),
    ...contentMembers({ text: decoded?.text ?? '', symbology, gtin }, options),
  };
}

/** A scanner on a serial line may be set to send the AIM identifier before the data. */
function withoutAim({ bytes, aim }: RawCode): { bytes: Uint8Array; aim: string | undefined } {
  if (aim !== undefined) return { bytes, aim };
  const found = aimOf(String.fromCharCode(...bytes.subarray(0, 3)));
  return { bytes: found === undefined ? bytes : bytes.subarray(found.length), aim: found };
}

function textMembers(bytes: Uint8Array, decoded: DecodedText | undefined): JsonObject {
  const dataBytes = Buffer.from(bytes).toString('base64');
  if (decoded === undefined) return { data: null, dataBytes };
  const { text, encoding, isInDoubt } = decoded;
  return { data: text, dataBytes, encoding, ...(isInDoubt && { encodingInDoubt: true }) };
}

function gtinMembers(gtin: GtinReading | undefined): JsonObject {
  if (gtin === undefined) return {};
  return { checkDigit: gtin.checkDigit, ...(gtin.gtin !== undefined && { gtin: gtin.gtin }) };
}

interface Content {
  readonly text: string;
  readonly symbology: Symbology;
  readonly gtin: GtinReading | undefined;
}

function contentMembers({ text, symbology, gtin }: Content, options: BarcodeOptions): JsonObject {
  if (isGs1Symbol(symbology) || text.startsWith(GROUP_SEPARATOR)) {
    const reading = readGs1(text);
    const embedded = gs1Embedded(reading.elements);
    return { ...gs1Members(reading), ...(embedded && { embedded: embeddedJson(embedded) }) };
  }
  if (gtin?.checkDigit === 'wrong') return {};
  const embedded = readEmbedded(text, options.embedded);
  return embedded === undefined ? {} : { embedded: embeddedJson(embedded) };
}

function gs1Members({ elements, error }: Gs1Reading): JsonObject {
  const gs1 = Object.fromEntries(elements);
  return { gs1, ...(error !== undefined && { gs1Error: { ...error } }) };
}

function embeddedJson({ itemId, price, weight, verifier }: EmbeddedReading): Json {
  return {
    itemId,
    ...(price && { price: { ...price } }),
    ...(weight && { weight: { ...weight } }),
    ...(verifier && { verifier }),
  };
}
