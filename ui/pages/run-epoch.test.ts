import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { foldEpoch } from './run-epoch.ts';

const test = suite('where a training of several folds stands');

test('fold and epoch by the progress', () => {
  // Two folds and the final model, ten epochs of 48 pictures each.
  const at = (done: number) => Object.values(foldEpoch({ done, total: 3 * 10 * 48 }, { folds: 2, final: 'refit' }, 10));
  assert.equal([0, 47, 48, 9 * 48, 10 * 48 - 1, 10 * 48, 20 * 48 + 1, 30 * 48].map(at), [
    [1, 1],
    [1, 1],
    [1, 2],
    [1, 10],
    [1, 10],
    [2, 1],
    [3, 1],
    [3, 10],
  ]);
  assert.equal(foldEpoch({ done: 0, total: 0 }, { folds: 5, final: 'best' }, 3), { fold: 1, epoch: 1 });
  // Sevenths are no even fractions.
  for (let epoch = 0; epoch < 7; epoch++) assert.is(foldEpoch({ done: epoch * 23, total: 7 * 7 * 23 }, { folds: 7, final: 'best' }, 7).epoch, epoch + 1);
});

test.run();
