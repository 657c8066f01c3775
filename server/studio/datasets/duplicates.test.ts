import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PictureItem } from '../../store/pictures.ts';
import { duplicatesOf } from './duplicates.ts';

const test = suite('pictures that are the same');
const PAGE = { offset: 0, limit: 10 };
const items = (contents: string): PictureItem[] =>
  [...contents].map((sha256, n) => ({ n, name: `${n}.png`, width: 1, height: 1, offset: 0, bytes: 1, mime: 'image/png', sha256 }));
const rows =
  (classes: (number | null)[]) =>
  ({ n, name, width, height, bytes }: PictureItem) => ({ n, name, width, height, bytes, label: classes[n] ?? null });

test('groups, those with different labels first', async () => {
  const found = await duplicatesOf(items('abacbad'), rows([0, 1, 0, 2, 0, 0, 1]), PAGE);
  assert.equal([found.groups, found.extra, found.conflicts], [2, 3, 1]);
  assert.equal(
    found.rows.map(({ pictures, labelsDiffer, count }) => [pictures.map(({ n }) => n), labelsDiffer, count]),
    [
      [[1, 4], true, 2],
      [[0, 2, 5], false, 3],
    ],
  );
  assert.equal(found.rows[0]!.pictures[1], { n: 4, name: '4.png', width: 1, height: 1, bytes: 1, label: 0 });
  assert.is((await duplicatesOf(items('abacbad'), rows([]), { offset: 1, limit: 10 })).rows.length, 1);
});

test('none, and thousands of one', async () => {
  assert.equal(await duplicatesOf(items('abc'), rows([]), PAGE), { groups: 0, extra: 0, conflicts: 0, rows: [] });
  const many = await duplicatesOf(items('x'.repeat(20_000)), rows([]), PAGE);
  assert.equal([many.groups, many.extra, many.rows[0]!.pictures.length, many.rows[0]!.count], [1, 19_999, 20, 20_000]);
});

test('pictures that were taken out leave the numbers of the others as they are', async () => {
  const found = await duplicatesOf(items('abcbc').slice(1), rows([]), PAGE);
  assert.equal(
    found.rows.map(({ pictures }) => pictures.map(({ n, name }) => [n, name])),
    [
      [
        [1, '1.png'],
        [3, '3.png'],
      ],
      [
        [2, '2.png'],
        [4, '4.png'],
      ],
    ],
  );
});

test.run();
