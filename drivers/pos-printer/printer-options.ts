/** What an operator may say about a printer, and the profile that follows from it. */
import type { SchemaNode } from '../../config/schema-node.ts';
import { TillgateError } from '../../protocol/errors.ts';
import type { ReceiptLanguage } from '../../protocol/receipt/document.ts';
import type { Confirmation, PrinterProfile } from './printer-profile.ts';
import { profileNamed } from './profiles.ts';

export const PRINTER_OPTIONS: SchemaNode = {
  type: 'object',
  properties: {
    profile: {
      type: 'string',
      default: 'generic-80mm',
      description: 'The profile of the model; docs/printers.md lists them.',
    },
    language: {
      type: 'string',
      enum: ['en', 'de', 'zh'],
      default: 'en',
      description: 'The language of documents that name none.',
    },
    codePage: {
      type: 'string',
      pattern: '^[a-z0-9]{3,20}$',
      allowed: 'the name of a code page, such as cp858',
      description: 'The code page to print with first, where the profile has another one.',
    },
    codePageNumber: {
      type: 'integer',
      minimum: 0,
      maximum: 255,
      description: 'The n of `ESC t n` for codePage, where the printer numbers it otherwise.',
    },
    confirmation: {
      type: 'string',
      enum: ['processId', 'barrier', 'none'],
      description: 'How prints are confirmed, where the profile says other than this printer does.',
    },
    baudRate: {
      type: 'integer',
      minimum: 1200,
      maximum: 921_600,
      default: 9_600,
      description: 'Speed of a serial port, as on the self-test of the printer.',
    },
  },
  additionalProperties: false,
};

export interface PrinterOptions {
  readonly profile: PrinterProfile;
  readonly language: ReceiptLanguage;
}

/** Throws `PERIPHERAL_OPTIONS` for a profile or code page that does not exist. */
export function readPrinterOptions(options: Readonly<Record<string, unknown>>): PrinterOptions {
  const { profile: id, language, codePage, codePageNumber, confirmation } = options;
  const named = profileNamed(typeof id === 'string' ? id : 'generic-80mm');
  const profile: PrinterProfile = {
    ...named,
    ...(typeof codePage === 'string'
      ? { codePages: withFirst(named, codePage, codePageNumber) }
      : {}),
    ...(isConfirmation(confirmation) ? { confirmation } : {}),
  };
  return { profile, language: isLanguage(language) ? language : 'en' };
}

/** The first code page of a profile is the one it prints with where it can. */
function withFirst(
  profile: PrinterProfile,
  codePage: string,
  number: unknown,
): PrinterProfile['codePages'] {
  const n = typeof number === 'number' ? number : profile.codePages[codePage];
  if (n === undefined) {
    const names = Object.keys(profile.codePages).join(', ');
    throw new TillgateError(
      'PERIPHERAL_OPTIONS',
      `The profile ${profile.id} has no code page ${codePage}; it has ${names}.`,
      { hint: 'Name one of these, or give codePageNumber too.' },
    );
  }
  return { [codePage]: n, ...profile.codePages, ...{ [codePage]: n } };
}

function isConfirmation(value: unknown): value is Confirmation {
  return value === 'processId' || value === 'barrier' || value === 'none';
}

function isLanguage(value: unknown): value is ReceiptLanguage {
  return value === 'en' || value === 'de' || value === 'zh';
}
