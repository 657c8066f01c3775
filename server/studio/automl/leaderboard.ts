/**
 * The order of an AutoML's models and the one that is recommended. Validation scores of few pictures are rough: a model whose accuracy lies within one
 * standard error of the best is as good as the best, and of those the fastest is taken (the one-standard-error rule: L. Breiman et al. 1984, "Classification
 * and Regression Trees", §3.4.3): by measured speed, or where one of them was not measured by the work for a picture. It is taken by validation scores; test
 * scores are shown but choose nothing, or they would not be an honest test any more.
 */
import type { LeaderboardRow } from '../../http/training-schemas.ts';

/** `experiment` as the caller has it: of it only the id, the name and the algorithm are looked at. */
export type Candidate<E = LeaderboardRow['experiment']> = Omit<LeaderboardRow, 'experiment'> & { experiment: E };
type Named = Readonly<Pick<LeaderboardRow['experiment'], 'id' | 'name' | 'config'>>;
interface Sentence {
  ko: string;
  en: string;
}
type Scored<E extends Named = Named> = Candidate<E> & { validation: NonNullable<Candidate['validation']> };

function isScored<E extends Named>(row: Candidate<E>): row is Scored<E> {
  return row.validation !== null;
}

/** The best validation score first (of equal ones the smaller loss), those without a model last. */
export function rank<E extends Named>(rows: readonly Candidate<E>[]): Candidate<E>[] {
  return [...rows].sort((a, b) => {
    if (!isScored(a) || !isScored(b)) return Number(isScored(b)) - Number(isScored(a)) || a.experiment.id - b.experiment.id;
    return b.validation.accuracy - a.validation.accuracy || a.validation.loss - b.validation.loss || a.experiment.id - b.experiment.id;
  });
}

/** Of an accuracy in percent over n pictures: of a binomial share, with the rule of succession so that 100 % of few pictures is not taken for certain. */
export function standardError(accuracy: number, count: number): number {
  const share = ((accuracy / 100) * count + 1) / (count + 2);
  return 100 * Math.sqrt((share * (1 - share)) / (count + 2));
}

/** Of ranked rows; null where none has a model. */
export function recommend(rows: readonly Candidate<Named>[]): { experimentId: number; reasons: Sentence[] } | null {
  const scored = rows.filter(isScored);
  const [best] = scored;
  if (best === undefined) return null;
  const tolerance = standardError(best.validation.accuracy, best.validation.count);
  const asGood = scored.filter(({ validation }) => validation.accuracy >= best.validation.accuracy - tolerance);
  const chosen = fastest(asGood);
  return { experimentId: chosen.experiment.id, reasons: [score(chosen, best, tolerance), ...size(chosen, best, scored), ...speed(chosen, best, scored)] };
}

/** Of equally fast ones the one that stands first. What is taken is not beaten in accuracy, size and speed at once: nobody else who is as accurate is faster. */
function fastest(rows: readonly Scored[]): Scored {
  const measured = rows.every(({ inferenceImagesPerSecond: rate }) => rate !== null);
  const seconds = ({ inferenceImagesPerSecond: rate, gflops }: Scored) => (measured ? 1 / rate! : (gflops ?? Number.POSITIVE_INFINITY));
  return rows.reduce((a, b) => (seconds(b) < seconds(a) ? b : a));
}

const number = (value: number, digits: number) => value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const percent = (value: number) => `${value.toFixed(1)} %`;
const megabytes = (bytes: number) => `${Number((bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0))} MB`;
const nameOf = ({ experiment }: Candidate<Named>) => experiment.config?.algorithm ?? experiment.name;

function score(chosen: Scored, best: Scored, tolerance: number): Sentence {
  const own = percent(chosen.validation.accuracy);
  if (chosen === best) {
    return { ko: `Validation 정확도가 ${own}로 가장 높습니다.`, en: `Its validation accuracy is the highest: ${own}.` };
  }
  const [top, name, rough] = [percent(best.validation.accuracy), nameOf(best), tolerance.toFixed(1)];
  return {
    ko: `Validation 정확도는 ${own}로 가장 높은 ${name}(${top})보다 조금 낮지만, Validation 이미지 ${best.validation.count}장의 오차 범위(±${rough} %p) 안이므로 사실상 같은 성능입니다.`,
    en: `Its validation accuracy of ${own} is as good as the highest, ${top} of ${name}: the difference lies within the error of ${best.validation.count} validation pictures (±${rough} points).`,
  };
}

function size(chosen: Scored, best: Scored, all: readonly Scored[]): Sentence[] {
  const bytes = chosen.sizeBytes;
  if (bytes === null || all.length < 2) return [];
  const own = megabytes(bytes);
  if (all.every(({ sizeBytes }) => (sizeBytes ?? Number.POSITIVE_INFINITY) >= bytes)) {
    return [{ ko: `모델 크기가 ${own}로 가장 작습니다.`, en: `Its model is the smallest: ${own}.` }];
  }
  if (chosen !== best && best.sizeBytes !== null && best.sizeBytes > bytes) {
    const other = megabytes(best.sizeBytes);
    return [{ ko: `모델 크기가 ${own}로 ${nameOf(best)}(${other})보다 작습니다.`, en: `Its model takes ${own}, that of ${nameOf(best)} ${other}.` }];
  }
  return [{ ko: `모델 크기는 ${own}입니다.`, en: `Its model takes ${own}.` }];
}

function speed(chosen: Scored, best: Scored, all: readonly Scored[]): Sentence[] {
  const { inferenceImagesPerSecond: rate, gflops } = chosen;
  if (rate === null) {
    if (gflops === null) return [];
    const own = gflops.toFixed(2);
    return [{ ko: `이미지 한 장에 ${own} GFLOPs의 연산이 필요합니다.`, en: `It needs ${own} GFLOPs for a picture.` }];
  }
  const own = number(rate, rate < 10 ? 1 : 0);
  if (all.length > 1 && all.every(({ inferenceImagesPerSecond: other }) => (other ?? 0) <= rate)) {
    return [{ ko: `추론 속도가 초당 ${own}장으로 가장 빠릅니다.`, en: `It is the fastest: ${own} pictures a second.` }];
  }
  const other = best.inferenceImagesPerSecond;
  if (chosen !== best && other !== null && other > 0 && rate > other) {
    const times = number(rate / other, 1);
    return [
      {
        ko: `추론 속도가 초당 ${own}장으로 ${nameOf(best)}보다 ${times}배 빠릅니다.`,
        en: `It judges ${own} pictures a second, ${times} times as many as ${nameOf(best)}.`,
      },
    ];
  }
  return [{ ko: `추론 속도는 초당 ${own}장입니다.`, en: `It judges ${own} pictures a second.` }];
}
