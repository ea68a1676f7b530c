/** Goal: segment files pass the suite of all custodies, with segments of every size. */
import { join } from 'node:path';
import t from 'tap';
import { testCustody } from '../custody-contract.ts';
import { FileCustody } from './file-custody.ts';
import { FileReader } from './file-reader.ts';

for (const segmentBytes of [64 * 1024 * 1024, 1]) {
  testCustody(t, `segments of ${segmentBytes} bytes`, (t) => {
    const folder = join(t.testdir(), 'custody');
    return {
      open: () => FileCustody.openForWriting(folder, { segmentBytes }),
      openReader: () => Promise.resolve(FileReader.open(folder, { durableOnly: true })),
    };
  });
}
