/** What a training tells while it goes on: progress, log lines and epochs. */
import { StudioError } from '../errors.ts';
import type { Batch } from '../learn/batches.ts';
import type { ClassificationScore, ClassificationTally } from '../learn/classification.ts';
import type { EpochRecord, LoopOptions } from '../learn/loop.ts';
import type { JobHost } from './job.ts';
import { Meter } from './meter.ts';
import type { EpochRow, TrainSpec } from './protocol.ts';

const LOG_SECONDS = 5;

type Options = LoopOptions<Batch, ClassificationTally, ClassificationScore>;

function rowOf(record: EpochRecord<ClassificationScore>, epochs: number, { before, epochsBefore = 0, fold, folds = 1 }: Place): EpochRow {
  return {
    epoch: epochsBefore + record.epoch,
    of: epochsBefore + (folds - before) * epochs,
    seconds: rounded(record.seconds, 3),
    train_accuracy: rounded(record.training.accuracy, 4),
    train_loss: rounded(record.training.loss, 6),
    validation_accuracy: rounded(record.validation.accuracy, 4),
    validation_loss: rounded(record.validation.loss, 6),
    ...(fold === undefined ? {} : { fold, foldEpoch: record.epoch }),
  };
}

export const rounded = (value: number, digits: number) => Number(value.toFixed(digits));

/** Where a training stands in its job: alone, or one of several. */
export interface Place {
  /** Trainings of the job before this one, and all of them. */
  before: number;
  trainings: number;
  /** Epochs of the folds before this one. */
  epochsBefore?: number;
  /** From 1; in cross-validation. */
  fold?: number;
  folds?: number;
  /** No epochs are told: there is nothing to validate on. */
  silent?: boolean;
}

export function watcher(
  spec: TrainSpec,
  host: JobHost,
  { stepsPerEpoch, batch, ...place }: { stepsPerEpoch: number; batch: number } & Place,
): Options['watcher'] {
  const epochs = spec.parameters.epoch;
  const perEpoch = stepsPerEpoch * batch;
  const all = place.trainings * epochs * perEpoch;
  const from = place.before * epochs * perEpoch;
  let meter = new Meter(host, 'train', all, { done: from, window: 600 });
  const tell = (record: EpochRecord<ClassificationScore>): EpochRow => {
    const row = rowOf(record, epochs, place);
    if (place.silent !== true && !host.journaledEpochs.has(row.epoch)) host.epoch(row);
    return row;
  };
  const name = place.fold === undefined ? 'epoch' : `fold ${place.fold}, epoch`;
  const nameKo = place.fold === undefined ? '에포크' : `폴드 ${place.fold}, 에포크`;
  let logged = performance.now();
  let since = { epoch: 0, correct: 0, lossSum: 0, count: 0 };
  return {
    get stopping() {
      return host.stopping;
    },
    resumed(history) {
      host.log('info', `going on after epoch ${history.length} of ${epochs}`, `에포크 ${history.length} / ${epochs} 다음부터 이어서 학습합니다`);
      meter = new Meter(host, 'train', all, { done: from + history.length * perEpoch, window: 600 });
      for (const record of history) tell(record);
    },
    stepped(epoch, step, tally) {
      meter.advance(batch);
      if (since.epoch !== epoch) since = { epoch, correct: 0, lossSum: 0, count: 0 };
      since = { epoch, correct: since.correct + tally.correct, lossSum: since.lossSum + tally.lossSum, count: since.count + tally.count };
      if (performance.now() - logged < LOG_SECONDS * 1000 || step === stepsPerEpoch) return;
      logged = performance.now();
      const rate = meter.rate === null ? '' : `, ${meter.rate.toFixed(1)} pictures/s`;
      host.log(
        'info',
        `${name} ${epoch}, step ${step}/${stepsPerEpoch}: loss ${(since.lossSum / since.count).toFixed(4)}, accuracy ${percent(since.correct / since.count)}${rate}`,
        `${nameKo} ${epoch}, ${step}/${stepsPerEpoch}단계: 손실 ${(since.lossSum / since.count).toFixed(4)}, 정확도 ${percent(since.correct / since.count)}${meter.rate === null ? '' : `, 초당 ${meter.rate.toFixed(1)}장`}`,
      );
    },
    ended(record, best) {
      const row = tell(record);
      logged = performance.now();
      host.log(
        'info',
        `${name} ${record.epoch}/${epochs}: train loss ${row.train_loss.toFixed(4)}, accuracy ${row.train_accuracy.toFixed(2)} %; ` +
          (place.silent === true
            ? ''
            : `validation loss ${row.validation_loss.toFixed(4)}, accuracy ${row.validation_accuracy.toFixed(2)} %${best ? ' (best so far)' : ''}; `) +
          `${row.seconds.toFixed(1)} s, ${(record.training.count / record.stepSeconds).toFixed(1)} pictures/s`,
        `${nameKo} ${record.epoch}/${epochs}: Training 손실 ${row.train_loss.toFixed(4)}, 정확도 ${row.train_accuracy.toFixed(2)} %; ` +
          (place.silent === true
            ? ''
            : `Validation 손실 ${row.validation_loss.toFixed(4)}, 정확도 ${row.validation_accuracy.toFixed(2)} %${best ? ' (지금까지 가장 좋음)' : ''}; `) +
          `${row.seconds.toFixed(1)}초, 초당 ${(record.training.count / record.stepSeconds).toFixed(1)}장`,
      );
    },
    diverged: (epoch) => new StudioError('training_diverged', { epoch }),
  };
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

export async function* metered(batches: AsyncIterable<Batch>, meter: Meter): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    yield batch;
    meter.advance(batch.count);
  }
}
