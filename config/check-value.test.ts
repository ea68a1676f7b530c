import t from 'tap';
import { checkValue, withDefaults } from './check-value.ts';
import { Type } from './schema-type.ts';

const LIST = Type.Object(
  {
    layouts: Type.Array(
      Type.Object(
        {
          name: Type.String({ description: 'A name.' }),
          decimals: Type.Integer({ default: 2, description: 'A number.' }),
        },
        { description: 'One.' },
      ),
      { default: [], description: 'Some.' },
    ),
  },
  { description: 'All.' },
);

void t.test('items of a list have the defaults of their schema', (t) => {
  t.strictSame(withDefaults(LIST, {}), { layouts: [] });
  const given = { layouts: [{ name: 'a' }, { name: 'b', decimals: 3 }] };
  t.strictSame(checkValue(LIST, given), []);
  t.strictSame(withDefaults(LIST, given), {
    layouts: [
      { name: 'a', decimals: 2 },
      { name: 'b', decimals: 3 },
    ],
  });
  t.strictSame(checkValue(LIST, { layouts: [{}] })[0]?.path, ['layouts', '0', 'name']);
  t.end();
});
