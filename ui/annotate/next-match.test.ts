import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { nextMatch } from './next-match.ts';

/** Pictures 0…1199, of which every second one matches, in pages of 100. */
const matches = Array.from({ length: 600 }, (_, i) => ({ n: i * 2 }));
const search = () => {
  const asked: number[] = [];
  const ask = async (offset: number) => {
    asked.push(offset);
    return { total: matches.length, rows: matches.slice(offset, offset + 100) };
  };
  return { ask, asked };
};
const all = Uint32Array.from({ length: 1200 }, (_, n) => n);

test('a match behind the first pages is found, and no page after it is asked for', async () => {
  const { ask, asked } = search();
  assert.is(await nextMatch(ask, all, 500), 502);
  assert.equal(asked, [0, 100, 200]);
});

test('what the filter leaves out is passed over', async () => {
  const { ask } = search();
  assert.is(await nextMatch(ask, Uint32Array.of(1, 3, 1100, 1102), 0), 1100);
});

test('behind the last match it goes on at the first; without one in the list there is none', async () => {
  const { ask, asked } = search();
  assert.is(await nextMatch(ask, all, 1198), 0);
  assert.equal(asked, [0, 100, 200, 300, 400, 500]);
  assert.is(await nextMatch(ask, Uint32Array.of(1, 3, 5), 0), -1);
  assert.is(await nextMatch(async () => ({ total: 0, rows: [] }), all, 0), -1);
});

test.run();
