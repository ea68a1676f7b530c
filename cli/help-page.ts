/** The help of every command on one page, as Markdown: what `docs/commands.md` holds. */
import type { Command as Node } from 'commander';
import type { Command } from './command.ts';
import { buildProgram } from './program.ts';

/** The same texts that `--help` prints, in the order of the list. */
export function renderHelpPage(commands: readonly Command[]): string {
  const program = buildProgram(commands, () => Promise.resolve());
  const sections = commands.map(({ words }) => {
    const node = words.split(' ').reduce(childOf, program);
    return section(`tillgate ${words}`, node);
  });
  return [
    '# Commands',
    '',
    'Written by `npm run docs` from the commands themselves; `--help` prints the same.',
    '',
    section('tillgate', program),
    ...sections,
  ].join('\n');
}

function childOf(parent: Node, word: string): Node {
  return parent.commands.find((node) => node.name() === word) ?? parent;
}

const section = (title: string, node: Node): string =>
  `## ${title}\n\n\`\`\`text\n${node.helpInformation().trimEnd()}\n\`\`\`\n`;
