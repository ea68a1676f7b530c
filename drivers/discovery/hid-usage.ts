/**
 * What a HID device says it is, from its report descriptor (HID 1.11, section 6.2.2): usage page and
 * usage of its first collection. Total: a descriptor that is cut says nothing.
 */

const TYPE_AND_TAG = 0xfc;
const USAGE_PAGE = 0x04;
const USAGE = 0x08;
const COLLECTION = 0xa0;
const LONG_ITEM = 0xfe;

/** `8c/02` is a bar code scanner, `8d/20` a scale, `01/06` a keyboard. */
export function firstHidUsage(descriptor: Uint8Array): string | undefined {
  let page: number | undefined;
  let usage: number | undefined;
  let at = 0;
  while (at < descriptor.length) {
    const prefix = descriptor[at] ?? 0;
    if (prefix === LONG_ITEM) return undefined;
    const size = (prefix & 3) === 3 ? 4 : prefix & 3;
    const end = at + 1 + size;
    if (end > descriptor.length) return undefined;
    const value = descriptor.subarray(at + 1, end).reduceRight((sum, byte) => sum * 256 + byte, 0);
    const item = prefix & TYPE_AND_TAG;
    if (item === USAGE_PAGE) page = value;
    if (item === USAGE) usage ??= value;
    if (item === COLLECTION) {
      return page === undefined || usage === undefined ? undefined : `${hex(page)}/${hex(usage)}`;
    }
    at = end;
  }
  return undefined;
}

/** Keyboards, mice, volume buttons and security keys: nothing that a driver here would open. */
export function isEverydayUsage(usage: string): boolean {
  return /^(01|0c|f1d0)\//.test(usage);
}

function hex(value: number): string {
  return value.toString(16).padStart(2, '0');
}
