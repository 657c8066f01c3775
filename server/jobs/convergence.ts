/** Whether a training that came to its end has learned anything, and what to do where it has not. */
import type { Score, Sentence, TrainResult } from '../http/schemas.ts';

/** Whoever guesses has a loss of ln(classes); a training loss so many times that is not one of a model that has only begun to learn. */
const FAR_ABOVE_GUESSING = 5;
/** Of the accuracy, in percent: parts of the same data hold their classes in slightly different shares. */
const SAME = 1;

/**
 * null: it has learned. `training`: of the kept weights. `labels`: of the pictures it learned from. `confusion[truth][prediction]`: of pictures it did not learn from.
 * Of classes that differ in number the mean recall is looked at, too: a balanced training may be right more seldom than one that always names the largest class, and
 * still tell them apart.
 */
export function notLearned(training: Pick<Score, 'accuracy' | 'loss'>, labels: readonly number[], confusion: TrainResult['confusion']): Sentence | null {
  const guessing = Math.log(confusion.length);
  if (training.loss > FAR_ABOVE_GUESSING * guessing) {
    const [loss, of] = [shortly(training.loss), guessing.toFixed(2)];
    return {
      ko: `학습이 수렴하지 않았습니다. Training 손실(${loss})이 찍어서 맞힐 때의 손실(${of})보다 훨씬 큽니다. learning_rate를 10분의 1로 낮추어 다시 학습해 주세요.`,
      en: `The training did not converge: its training loss (${loss}) is far above that of guessing (${of}). Train again with a tenth of the learning_rate.`,
    };
  }
  if (training.accuracy > 100 * largestShare(labels) + SAME || recallsMore(confusion)) return null;
  return {
    ko: '모델이 클래스를 구별하지 못합니다. 정확도가 모든 이미지를 가장 많은 클래스로 답할 때보다 높지 않습니다. epoch를 늘리거나 learning_rate를 낮추어 다시 학습하고, 라벨이 맞는지 확인해 주세요.',
    en: 'The model does not tell the classes apart: it is right no more often than naming the largest class each time. Train again with more epochs or a smaller learning_rate, and check that the labels are right.',
  };
}

function largestShare(labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values()) / labels.length;
}

/** Than one that always names the same class, in the mean over the classes that there are pictures of. */
function recallsMore(confusion: TrainResult['confusion']): boolean {
  const recalls = confusion.flatMap((row, truth) => {
    const count = row.reduce((a, b) => a + b, 0);
    return count === 0 ? [] : [row[truth]! / count];
  });
  return recalls.reduce((a, b) => a + b, 0) > 1 + 1e-9;
}

const shortly = (value: number): string => (value < 1e4 ? value.toFixed(2) : value.toExponential(1));
