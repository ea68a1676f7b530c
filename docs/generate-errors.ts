/** `npm run docs`: writes docs/errors.md anew from the table of codes. */
import { writeFileSync } from 'node:fs';
import { ERROR_CODES } from '../protocol/error-codes.ts';
import { renderErrorsPage } from './errors-page.ts';

writeFileSync(new URL('errors.md', import.meta.url), renderErrorsPage(ERROR_CODES));
