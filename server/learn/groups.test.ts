import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { groupOf, groupsOf } from './groups.ts';

const test = suite('groups by name');

test('what the pattern finds', () => {
  const cases: [pattern: string, name: string, group: string | null][] = [
    ['{group}_*', 'OK/A17_2_3.png', 'A17'],
    ['{group}_*', 'A17.png', null],
    ['{group}_*', '_1.png', null],
    ['*_{group}.png', 'cam_1_A17.png', '1_A17'],
    ['*-{group}-*.jpg', 'x-부품7-y-z.jpg', '부품7'],
    ['lot{group}*', 'lot5', '5'],
    ['lot{group}', 'lot55', '55'],
    ['{group}', 'a/b.png', 'b.png'],
    ['no group', 'no group', null],
    ['*a*{group}.*', 'xaay.b.c', 'ay'],
  ];
  for (const [pattern, name, group] of cases) assert.is(groupOf(pattern, name), group, `${pattern} on ${name}`);
});

test('names that do not match are alone, and nothing takes for ever', () => {
  const named = ['a_1', 'b', 'a_2', 'b', 'c_1'].map((name) => ({ name }));
  assert.equal(groupsOf('{group}_*', named), { groups: ['=a', 1, '=a', 3, '=c'], count: 1 });
  // Copies of a picture stay with it, also where their names say nothing.
  const copies = [{ name: 'x' }, { name: 'y', origin: 1 }, { name: 'y_aug1', origin: 1 }, { name: 'a_3', origin: 7 }];
  assert.equal(groupsOf(undefined, copies), { groups: [0, '#1', '#1', '#7'], count: 1 });
  assert.equal(groupsOf('{group}_*', copies), { groups: [0, '=y', '=y', '=a'], count: 1 });
  const before = performance.now();
  groupOf(`${'*a'.repeat(45)}{group}b`, 'a'.repeat(255));
  assert.ok(performance.now() - before < 30_000);
});

test.run();
