/** Codes about documents for printers; part of the table in error-codes.ts. */
export const RECEIPT_CODES = {
  RECEIPT_FORM: {
    means: 'A document for a printer has a member that is missing, unknown or of the wrong kind.',
    fix: 'Correct the member that `path` names; docs/receipts.md shows every kind of block.',
  },
  RECEIPT_TOO_LONG: {
    means: 'A text, a list, a picture or the whole of a document is longer than what is taken.',
    fix: 'Shorten it, or print it as several documents.',
  },
  RECEIPT_BARCODE: {
    means: 'The content of a bar code or QR code cannot be encoded in it.',
    fix: 'Correct the content, or take another symbology.',
  },
  RECEIPT_PICTURE: {
    means: 'A picture is not a PNG that can be read, or one that is too large or interlaced.',
    fix: 'Save it as a PNG without interlace, of at most 2 megapixels and 128 KiB.',
  },
  RECEIPT_LOGO: {
    means: 'A document names a logo that the gateway does not have.',
    fix: 'Use a name from the configuration, or send the picture itself as an image.',
  },
  RECEIPT_PAPER_WIDTH: {
    means: 'A bar code or QR code is wider than the paper even with the narrowest bars.',
    fix: 'Shorten its content, or take a QR code with a lower error level.',
  },
} as const;
