/** Writes test/tidy/ratchet.json anew. Only for lowering: the diff must not raise a number. */
import { writeFileSync } from 'node:fs';
import { measure } from './budgets.ts';
import { projectSources } from './project.ts';

const sorted = Object.entries(measure(projectSources())).sort(([a], [b]) => (a < b ? -1 : 1));
const url = new URL('ratchet.json', import.meta.url);
writeFileSync(url, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
