/** The states of a task's pictures in some bytes each: what waits for the reviewer, and what is left. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { PictureReview, PictureState } from '../../server/http/annotation-schemas.ts';
import { TaskIndex } from './task-index.ts';

const PICTURES: readonly [PictureState, PictureReview][] = [
  ['todo', 'none'],
  ['done', 'none'],
  ['done', 'returned'],
  ['done', 'fixed'],
  ['done', 'accepted'],
  ['delete', 'none'],
  ['delete', 'returned'],
  ['delete', 'fixed'],
  ['delete', 'accepted'],
  ['todo', 'returned'],
];

function indexOf(pictures: typeof PICTURES): TaskIndex {
  const zeros = (bytes: number) => btoa('\0'.repeat(bytes));
  const count = pictures.length;
  const index = new TaskIndex({ count, states: zeros(count), parts: zeros(2 * count), labels: null, scores: null, uncertainties: null });
  for (const [n, [state, review]] of pictures.entries()) index.set(n, { state, review });
  return index;
}

test('what waits for the reviewer is done or marked to be deleted, and neither accepted nor just returned', () => {
  const index = indexOf(PICTURES);
  assert.equal([...index.list({ filter: 'open', parts: null })], [1, 3, 5, 7]);
  const { open, done, deleted, returned } = index.counts(null);
  assert.equal({ open, done, deleted, returned }, { open: 4, done: 4, deleted: 4, returned: 3 });
  index.set(3, { review: 'accepted' });
  assert.equal([...index.list({ filter: 'open', parts: null })], [1, 5, 7]);
});

test('what is left is not done, or returned; it is looked for round the end', () => {
  const index = indexOf(PICTURES);
  const all = index.list({ filter: 'all', parts: null });
  assert.equal(
    [-1, 0, 2, 6, 9].map((from) => index.nextTodo(all, from)),
    [0, 2, 6, 9, 0],
  );
});

test.run();
