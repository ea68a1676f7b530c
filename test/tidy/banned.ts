/** Words the code must not contain, each with what to write instead and where it is allowed. */
import { isTest } from './import-rules.ts';
import type { Finding, SourceFile } from './source-file.ts';

type Ban = {
  pattern: RegExp;
  instead: string;
  /** Where the word is right after all. */
  allowed: (path: string) => boolean;
  /** What is searched: code without comments and strings (the default), or comments, or all. */
  within?: 'code' | 'comments' | 'text';
};

const nowhere = () => false;

/** Shells: programs a person or a service manager starts, and what tests and measures them. */
function isShell(path: string): boolean {
  return /^(cli|demo|bench|test)\//.test(path) || /(^|\/)main\.ts$/.test(path) || isTest(path);
}

function isPrinter(path: string): boolean {
  return /^(cli|demo|bench|test|docs)\//.test(path);
}

/** The checks themselves and their test must be able to name what they forbid. */
function isTidy(path: string): boolean {
  return path.startsWith('test/tidy');
}

export const BANS: readonly Ban[] = [
  {
    pattern: /\bDate\.now\(/g,
    instead: 'take a Clock and ask clock.wallMs()',
    allowed: (path) => isShell(path) || path === 'platform/system-clock.ts',
  },
  {
    pattern: /\bnew Date\(\s*\)/g,
    instead: 'take a Clock and make the Date from clock.wallMs()',
    allowed: isShell,
  },
  {
    pattern: /\bperformance\.now\(/g,
    instead: 'take a Clock and ask clock.monotonicMs()',
    allowed: (path) => isShell(path) || path === 'platform/system-clock.ts',
  },
  {
    pattern: /\bMath\.random\(/g,
    instead: 'take the source of randomness as an argument',
    allowed: isShell,
  },
  {
    pattern: /\bprocess\.env\b/g,
    instead: 'read it in a main file and pass the value on',
    allowed: isShell,
  },
  {
    pattern: /\bset(Interval|Timeout|Immediate)\(/g,
    instead: 'let the shell own the timer and pass the time in',
    allowed: (path) => !path.startsWith('protocol/') || isTest(path),
  },
  {
    pattern: /\bthrow new (Error|TypeError|RangeError|SyntaxError)\(/g,
    instead: 'throw a TillgateError with a code from protocol/error-codes.ts',
    allowed: (path) => isTest(path) || path.startsWith('bench/'),
  },
  {
    pattern: /\bconsole\./g,
    instead: 'use the logger, or return the text to the command',
    allowed: (path) => isPrinter(path) || isTest(path),
  },
  { pattern: /\bas any\b/g, instead: 'narrow from unknown', allowed: nowhere },
  { pattern: /\bcatch\s*\{\s*\}/g, instead: 'classify the error or say why not', allowed: nowhere },
  {
    pattern: /@ts-(ignore|nocheck|expect-error)/g,
    instead: 'make the types say it',
    allowed: isTidy,
    within: 'comments',
  },
  {
    pattern: /\b(FIXME|TODO|XXX)\b/g,
    instead: 'do it now, or say in plain words what is left out',
    allowed: isTidy,
    within: 'comments',
  },
  {
    pattern: /eslint-disable(?!.* -- \S)/g,
    instead: 'give the reason after " -- "',
    allowed: isTidy,
    within: 'comments',
  },
  {
    pattern: /(?<![\w.])\/(work|root|home\/[a-z]+)\/[\w.-]+/g,
    instead: 'no path of one machine: take it as an argument or from import.meta.url',
    allowed: isTidy,
    within: 'text',
  },
];

export function checkBans(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) =>
    BANS.filter((ban) => !ban.allowed(file.path)).flatMap((ban) =>
      matches(file[ban.within ?? 'code'], ban.pattern).map(({ line, word }) => ({
        path: file.path,
        line,
        message: `\`${word}\`: ${ban.instead}`,
      })),
    ),
  );
}

const VAGUE_NAMES = /(^|\/)(utils?|helpers?|misc|common|index)\.ts$/;

export function checkNames(paths: readonly string[]): Finding[] {
  return paths.flatMap((path) => {
    const name = path.split('/').at(-1) ?? path;
    if (VAGUE_NAMES.test(path)) return [{ path, message: 'name the file after its concept' }];
    if (name.endsWith('.ts') && !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.ts$/.test(name)) {
      return [{ path, message: 'file names are kebab-case' }];
    }
    return [];
  });
}

export function matches(text: string, pattern: RegExp): { line: number; word: string }[] {
  return [...text.matchAll(pattern)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    word: match[0],
  }));
}
