/** Classification: one class a picture. Loss: cross-entropy in nats; metric: accuracy in percent. */
import type { Trainer } from '../engine/trainer.ts';
import type { Batch } from './batches.ts';
import type { Task } from './loop.ts';

export interface ClassificationTally {
  lossSum: number;
  correct: number;
  count: number;
}

export interface ClassificationScore {
  /** Percent, 0..100. */
  accuracy: number;
  /** Mean, in nats. */
  loss: number;
  count: number;
}

export type ClassificationTask = Task<Batch, ClassificationTally, ClassificationScore>;

/** While training, a picture is judged by the weights of that moment, augmented; its loss is the mean of its batch. */
export function classification(trainer: Trainer): ClassificationTask {
  return {
    zero: { lossSum: 0, correct: 0, count: 0 },
    add: (a, b) => ({ lossSum: a.lossSum + b.lossSum, correct: a.correct + b.correct, count: a.count + b.count }),
    stepsAtOnce: trainer.stepsAtOnce,
    steps: async (batches, rates) => {
      const results = await trainer.steps(batches.map(({ images, labels }, index) => ({ images, labels, learningRate: rates[index]! })));
      return results.map(({ loss, correct }, index) => ({ lossSum: loss * batches[index]!.count, correct, count: batches[index]!.count }));
    },
    evaluate: async ({ images, labels, count }) => {
      const { lossSum, correct } = await trainer.evaluate(images, labels, count);
      return { lossSum, correct, count };
    },
    diverged: ({ lossSum }) => !Number.isFinite(lossSum),
    score: ({ lossSum, correct, count }) => ({ accuracy: (100 * correct) / count, loss: lossSum / count, count }),
    better: (a, b) => a.accuracy > b.accuracy || (a.accuracy === b.accuracy && a.loss < b.loss),
  };
}

/** Score and confusion[truth][prediction] over all batches. */
export async function confusionOf(
  trainer: Trainer,
  batches: AsyncIterable<Batch>,
  classes: number,
): Promise<{ tally: ClassificationTally; confusion: number[][] }> {
  const tally = { lossSum: 0, correct: 0, count: 0 };
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for await (const { images, labels, count } of batches) {
    const { lossSum, correct, logits } = await trainer.evaluate(images, labels, count);
    tally.lossSum += lossSum;
    tally.correct += correct;
    tally.count += count;
    for (let at = 0; at < count; at++) confusion[labels[at]!]![largest(logits, at * classes, classes)]! += 1;
  }
  return { tally, confusion };
}

/** Index, from 0, of the largest of `length` values from `start` on; the first of equals. */
export function largest(values: Float32Array, start: number, length: number): number {
  let best = 0;
  for (let i = 1; i < length; i++) if (values[start + i]! > values[start + best]!) best = i;
  return best;
}
