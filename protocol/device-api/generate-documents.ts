/** `npm run docs`: writes the generated documents of this folder anew. */
import { writeFileSync } from 'node:fs';
import { deviceApiDocuments } from './documents.ts';

for (const [name, text] of deviceApiDocuments()) {
  writeFileSync(new URL(name, import.meta.url), text);
}
