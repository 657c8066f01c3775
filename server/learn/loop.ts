/** The training loop that serves every task: epochs, validation, the best epoch, a checkpoint after each, stop and resume. */
import type { TrainerState } from '../engine/trainer.ts';

/** What is learned: how a batch is stepped on and judged. A tally is a sum over pictures; a score is what is told of it. */
export interface Task<Batch, Tally, Score> {
  readonly zero: Tally;
  add(a: Tally, b: Tally): Tally;
  /** So many steps are worth handing over at once. */
  readonly stepsAtOnce: number;
  /** One step after the other, each with its learning rate; a tally of each. */
  steps(batches: readonly Batch[], learningRates: readonly number[]): Promise<Tally[]>;
  evaluate(batch: Batch): Promise<Tally>;
  /** The training cannot go on from here: a loss that is no number. */
  diverged(tally: Tally): boolean;
  score(tally: Tally): Score;
  /** The first is the better model. */
  better(a: Score, b: Score): boolean;
}

export interface EpochRecord<Score> {
  /** From 1. */
  epoch: number;
  training: Score;
  validation: Score;
  /** Of the epoch as a whole, and of its training steps with the waiting for data. */
  seconds: number;
  stepSeconds: number;
}

export interface Checkpoint<Score> {
  history: EpochRecord<Score>[];
  /** Epoch, from 1, whose weights are the best so far. */
  bestEpoch: number;
}

/** Where checkpoints lie. save() resolves when the checkpoint is on the disk; a crash leaves this one or the one before. */
export interface Checkpoints<Score> {
  load(): Promise<{ checkpoint: Checkpoint<Score>; state: TrainerState } | null>;
  save(checkpoint: Checkpoint<Score>, state: TrainerState): Promise<void>;
  /** The state at the end of the checkpoint's best epoch. */
  best(): Promise<TrainerState>;
}

export interface LoopOptions<Batch, Tally, Score> {
  task: Task<Batch, Tally, Score>;
  trainer: { state(): Promise<TrainerState>; load(state: TrainerState): void };
  checkpoints: Checkpoints<Score>;
  epochs: number;
  /** Whether the training is over before its last epoch; has to say the same of the same epochs. */
  endsEarly?(history: readonly EpochRecord<Score>[]): boolean;
  stepsPerEpoch: number;
  /** Of a step counted from 0 over all epochs. */
  learningRate(step: number): number;
  /** `epoch` from 1; the same epoch gives the same batches. */
  trainingBatches(epoch: number): AsyncIterable<Batch>;
  validationBatches(): AsyncIterable<Batch>;
  watcher: {
    /** Looked at after each step. */
    readonly stopping: boolean;
    resumed(history: readonly EpochRecord<Score>[]): void;
    stepped(epoch: number, step: number, tally: Tally): void;
    /** The epoch is in the checkpoint. */
    ended(record: EpochRecord<Score>, best: boolean): void;
    /** Has to give the error to be thrown. */
    diverged(epoch: number): Error;
  };
}

/**
 * Trains until `epochs` have ended, or `endsEarly`, or `watcher.stopping`; an epoch that is not finished is given up. Returns null where none has ended. Goes on from
 * the last checkpoint: a training that was interrupted ends with the same weights, bit by bit, as one that was not (same device, same threads).
 */
export async function runEpochs<Batch, Tally, Score>(options: LoopOptions<Batch, Tally, Score>): Promise<Checkpoint<Score> | null> {
  const { task, trainer, checkpoints, watcher } = options;
  const found = await checkpoints.load();
  let checkpoint: Checkpoint<Score> = { history: [], bestEpoch: 0 };
  if (found !== null) {
    trainer.load(found.state);
    checkpoint = found.checkpoint;
    watcher.resumed(checkpoint.history);
  }
  for (let epoch = checkpoint.history.length + 1; epoch <= options.epochs && !watcher.stopping; epoch++) {
    if (options.endsEarly?.(checkpoint.history)) break;
    const started = performance.now();
    const training = await trainEpoch(options, epoch);
    if (training === null) break;
    const stepSeconds = (performance.now() - started) / 1000;
    const judged = await evaluate(task, options.validationBatches());
    if (task.diverged(judged)) throw watcher.diverged(epoch);
    const validation = task.score(judged);
    const best = checkpoint.history[checkpoint.bestEpoch - 1];
    const better = best === undefined || task.better(validation, best.validation);
    const record = { epoch, training: task.score(training), validation, seconds: (performance.now() - started) / 1000, stepSeconds };
    checkpoint = { history: [...checkpoint.history, record], bestEpoch: better ? epoch : checkpoint.bestEpoch };
    await checkpoints.save(checkpoint, await trainer.state());
    watcher.ended(record, better);
  }
  return checkpoint.history.length === 0 ? null : checkpoint;
}

/** null: stopped on the way. */
async function trainEpoch<Batch, Tally, Score>(options: LoopOptions<Batch, Tally, Score>, epoch: number): Promise<Tally | null> {
  const { task, watcher } = options;
  let total = task.zero;
  let step = 0;
  let waiting: Batch[] = [];
  for await (const batch of options.trainingBatches(epoch)) {
    waiting.push(batch);
    if (waiting.length < task.stepsAtOnce && step + waiting.length < options.stepsPerEpoch) continue;
    const rates = waiting.map((_, index) => options.learningRate((epoch - 1) * options.stepsPerEpoch + step + index));
    for (const tally of await task.steps(waiting, rates)) {
      if (task.diverged(tally)) throw watcher.diverged(epoch);
      total = task.add(total, tally);
      step += 1;
      watcher.stepped(epoch, step, tally);
    }
    waiting = [];
    if (watcher.stopping && step < options.stepsPerEpoch) return null;
  }
  return total;
}

/** Over all batches. */
export async function evaluate<Batch, Tally, Score>(task: Task<Batch, Tally, Score>, batches: AsyncIterable<Batch>): Promise<Tally> {
  let total = task.zero;
  for await (const batch of batches) total = task.add(total, await task.evaluate(batch));
  return total;
}
