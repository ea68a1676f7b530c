/** `npm run docs`: writes docs/commands.md anew from the commands. */
import { writeFileSync } from 'node:fs';
import { COMMANDS } from './command-list.ts';
import { renderHelpPage } from './help-page.ts';

writeFileSync(new URL('../docs/commands.md', import.meta.url), renderHelpPage(COMMANDS));
