/** Writes the generated documents of this folder: `node protocol/device-api/generate.ts`. */
import { writeFileSync } from 'node:fs';
import { deviceApiDocuments } from './documents.ts';

for (const [name, text] of deviceApiDocuments()) {
  writeFileSync(new URL(name, import.meta.url), text);
}
