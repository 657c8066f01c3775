import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { blueprint } from '../engine/model.ts';
import { architectures, describe } from '../zoo/architectures.ts';
import { sizeProblem, TAKEN_BY_ALL } from './sizes.ts';

test('from some size on, every architecture learns from one picture at a time', () => {
  for (const architecture of Object.values(architectures)) blueprint(architecture, 2, TAKEN_BY_ALL, 1);
});

test('a picture that is too small and a batch that is too small are told apart', () => {
  const told = (...sizes: Parameters<typeof sizeProblem>) => {
    const problem = sizeProblem(...sizes);
    return problem && [problem.code, problem.params.least];
  };
  assert.equal(told('densenet121', 24, 8), ['input_size_too_small', 32]);
  assert.equal(told('densenet121', 24, 1), ['input_size_too_small', 64]);
  assert.is(told('densenet121', 32, 8), null);
  assert.equal(told('resnet18', 32, 1), ['batch_of_one', 64]);
  assert.match(sizeProblem('resnet18', 32, 1)!.message, /^At input_size 32, resnet18 .* Raise batch_size to 2/);
  assert.is(told('resnet18', 32, 2), null);
  assert.is(told('resnet18', 33, 1), null);
  assert.is(told('smallnet', 16, 1), null);
  // Stages that are not trained normalise by their running statistics.
  assert.is(told('resnet18', 32, 1, describe('resnet18', 2, 64).freezable), null);
});

test.run();
