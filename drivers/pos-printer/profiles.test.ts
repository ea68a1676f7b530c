import iconv from 'iconv-lite';
import t from 'tap';
import { COLUMNS_MAX } from '../../protocol/receipt/text-block-schemas.ts';
import { isTillgateError } from '../../protocol/errors.ts';
import { printerProfiles, profileNamed } from './profiles.ts';

const profiles = printerProfiles();

void t.test('every profile can be true', (t) => {
  t.equal(new Set(profiles.map(({ id }) => id)).size, profiles.length, 'ids are unique');
  for (const profile of profiles) {
    const { id, fonts, widthDots } = profile;
    t.match(id, /^[a-z0-9][a-z0-9-]{0,31}$/);
    t.ok(profile.title.length > 0 && profile.comment.length > 0, `${id} says what it is`);
    for (const font of [fonts.A, fonts.B].filter((given) => given !== undefined)) {
      const dots = font.columns * font.cellWidth;
      t.ok(dots <= widthDots, `${id}: ${dots} dots of cells on ${widthDots}`);
      t.ok(dots > widthDots - font.cellWidth * 2, `${id}: no paper is left unused`);
    }
    t.ok(Math.floor(fonts.A.columns / 4) >= COLUMNS_MAX, `${id} has room for columns`);
    t.equal(fonts.A.cellWidth, 12, `${id}: drawn lines stand in the cells of font A`);
    t.equal(profile.chineseCell.width, fonts.A.cellWidth * 2, `${id}: Chinese fills two cells`);
    const names = Object.keys(profile.codePages);
    t.ok(names.length > 0 && names.every((name) => iconv.encodingExists(name)), id);
    const numbers = Object.values(profile.codePages);
    t.ok(numbers.every((n) => Number.isInteger(n) && n >= 0 && n <= 255));
    t.equal(new Set(numbers).size, numbers.length, `${id}: no number stands for two pages`);
    t.equal(profile.image === 'column', profile.columnImage !== undefined, id);
    t.ok(profile.feedBeforeCut >= 1 && profile.feedBeforeCut <= 10, id);
  }
  t.end();
});

void t.test('every printer has the euro in a code page', (t) => {
  for (const { id, codePages } of profiles) {
    const has = Object.keys(codePages).some((name) => iconv.encode('€', name)[0] !== 0x3f);
    t.ok(has, id);
  }
  t.end();
});

void t.test('an unknown profile is answered with those there are', (t) => {
  t.equal(profileNamed('generic-80mm').widthDots, 576);
  try {
    profileNamed('matrix-9');
    t.fail('it was found');
  } catch (error) {
    t.ok(isTillgateError(error, 'PERIPHERAL_OPTIONS') && error.message.includes('epson-tm-t88'));
  }
  t.end();
});
