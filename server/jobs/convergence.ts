/** Whether a training that came to its end has learned anything, and what to do where it has not. */
import type { Score, Sentence, TrainResult } from '../http/schemas.ts';

/** Whoever guesses has a loss of ln(classes); a training loss so many times that is not one of a model that has only begun to learn. */
const FAR_ABOVE_GUESSING = 5;
/** So many standard errors are no chance. */
const ERRORS = 2;

/**
 * null: it has learned, or there is too little to say. `training`: of the kept weights. `labels`: of the pictures it learned from. `confusion[truth][prediction]`: of
 * pictures it did not learn from. Whoever is right little more often than the largest class is there has learned nothing, unless the mean recall says otherwise: a
 * balanced training may be right more seldom than that, and still tell the classes apart.
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
  const share = largestShare(labels);
  // Where the largest class is nearly all there is, there is little that could be gained on it.
  const chance = Math.min(ERRORS * Math.sqrt((share * (1 - share)) / labels.length), (1 - share) / 2);
  const gained = training.accuracy / 100 - share;
  if (gained > chance || (recallsMore(confusion) ?? gained < -chance)) return null;
  return {
    ko: '모델이 클래스를 거의 구별하지 못합니다. 정확도가 모든 이미지를 가장 많은 클래스로 답할 때와 비슷합니다. epoch를 늘리거나 learning_rate를 낮추어 다시 학습하고, 라벨이 맞는지 확인해 주세요.',
    en: 'The model hardly tells the classes apart: it is right about as often as naming the largest class each time. Train again with more epochs or a smaller learning_rate, and check that the labels are right.',
  };
}

function largestShare(labels: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values()) / labels.length;
}

/** Whether the recalls are more than those of a guess, which come to 1 together. null: pictures of fewer than two classes do not say. */
function recallsMore(confusion: TrainResult['confusion']): boolean | null {
  const recalls = confusion.flatMap((row, truth) => {
    const count = row.reduce((a, b) => a + b, 0);
    return count === 0 ? [] : [{ recall: row[truth]! / count, count }];
  });
  if (recalls.length < 2) return null;
  const variance = recalls.reduce((sum, { recall, count }) => sum + (recall * (1 - recall)) / count, 0);
  return recalls.reduce((sum, { recall }) => sum + recall, 0) > 1 + ERRORS * Math.sqrt(variance) + 1e-9;
}

const shortly = (value: number): string => (value < 1e4 ? value.toFixed(2) : value.toExponential(1));
