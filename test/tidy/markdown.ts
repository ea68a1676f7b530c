/** Pages: one title each, and every link to a file of ours, and every anchor in it, exists. */
import { dirname, join, normalize } from 'node:path/posix';
import type { Finding } from './source-file.ts';

export type Page = { path: string; text: string };

export function checkTitles(pages: readonly Page[]): Finding[] {
  return pages.flatMap(({ path, text }) => {
    const titles = headings(text).filter((heading) => heading.level === 1);
    if (titles.length === 1) return [];
    return [{ path, message: `has ${titles.length} first-level titles instead of one` }];
  });
}

export function checkLinks(pages: readonly Page[], exists: (path: string) => boolean): Finding[] {
  const anchors = new Map(pages.map((page) => [page.path, anchorsOf(page.text)]));
  return pages.flatMap(({ path, text }) =>
    linksOf(text).flatMap((link) => {
      if (/^[a-z]+:/i.test(link)) return [];
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : normalize(join(dirname(path), file)).replace(/\/$/, '');
      if (!exists(target)) return [{ path, message: `links to ${link}, which does not exist` }];
      if (anchor === undefined || anchors.get(target)?.has(anchor) !== false) return [];
      return [{ path, message: `links to ${link}, but there is no such heading` }];
    }),
  );
}

function linksOf(text: string): string[] {
  const prose = withoutFences(text).replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
}

function anchorsOf(text: string): Set<string> {
  const slug = (title: string) =>
    title
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number}\- _]/gu, '')
      .replaceAll(' ', '-');
  return new Set(headings(text).map((heading) => slug(heading.title)));
}

function headings(text: string): { level: number; title: string }[] {
  return [...withoutFences(text).matchAll(/^(#{1,6}) +(.+)$/gm)].map((match) => ({
    level: (match[1] ?? '').length,
    title: match[2] ?? '',
  }));
}

function withoutFences(text: string): string {
  return text.replace(/^(```|~~~)[^\n]*\n[\s\S]*?^\1[^\n]*$/gm, '');
}
