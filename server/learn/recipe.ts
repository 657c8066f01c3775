/** How a training goes, as its settings say it: optimizer, learning rate, loss, what is frozen, and when it ends. */
import type { OptimizerOptions } from '../engine/optimizers.ts';
import { learningRate, type Schedule } from '../engine/schedules.ts';
import type { TrainerOptions } from '../engine/trainer.ts';
import type { Parameters } from '../http/schemas.ts';

/** Nothing left out. */
export type Recipe = Required<Parameters>;

type Optional = { [Name in keyof Parameters as undefined extends Parameters[Name] ? Name : never]-?: Parameters[Name] };

/** What is taken where the settings say nothing. A change of these changes trainings that are queued. */
export const DEFAULTS: Required<Optional> = {
  optimizer: 'sgd',
  nesterov: false,
  adam_beta2: 0.999,
  adam_epsilon: 1e-8,
  schedule: 'cosine',
  cosine_floor: 0,
  step_epochs: 10,
  step_factor: 0.1,
  cycle_rise: 0.3,
  cycle_divisor: 25,
  cycle_final_divisor: 10_000,
  // With random weights the first gradients are wild.
  warmup: 5,
  label_smoothing: 0,
  class_weights: 'none',
  mixup: 0,
  gradient_clip: 0,
  ema: 0,
  dropout: true,
  early_stopping: 0,
  early_stopping_on: 'validation_loss',
  freeze_stages: 0,
};

export const complete = (parameters: Parameters): Recipe => ({ ...DEFAULTS, ...parameters });

function optimizerOf({ optimizer, momentum, nesterov, weight_decay: weightDecay, adam_beta2: beta2, adam_epsilon: epsilon }: Recipe): OptimizerOptions {
  if (optimizer === 'sgd') return { kind: 'sgd', momentum, weightDecay, nesterov };
  return { kind: optimizer, betas: [momentum, beta2], epsilon, weightDecay };
}

/** A class's weight is what makes all classes count the same, 1 in the mean over the pictures. `counts`: pictures of each class. */
export function balancedWeights(counts: readonly number[]): number[] {
  const pictures = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => pictures / (counts.length * Math.max(1, count)));
}

/** @param counts pictures of each class that are learned from */
export function trainerOptions(
  recipe: Recipe,
  counts: readonly number[],
): Pick<TrainerOptions, 'optimizer' | 'dropout' | 'labelSmoothing' | 'classWeights' | 'clipNorm' | 'averageDecay' | 'mixup' | 'frozenStages'> {
  const { label_smoothing, class_weights, gradient_clip, ema, mixup, dropout, freeze_stages } = recipe;
  return {
    optimizer: optimizerOf(recipe),
    dropout,
    labelSmoothing: label_smoothing,
    frozenStages: freeze_stages,
    ...(class_weights === 'balanced' ? { classWeights: balancedWeights(counts) } : {}),
    ...(gradient_clip > 0 ? { clipNorm: gradient_clip } : {}),
    ...(ema > 0 ? { averageDecay: ema } : {}),
    ...(mixup > 0 ? { mixup } : {}),
  };
}

/** float32 values that a training keeps for each weight besides the weight: the optimizer's, and the average's. */
export const keptPerWeight = ({ optimizer, ema }: Recipe): number => (optimizer === 'sgd' ? 1 : 2) + (ema > 0 ? 1 : 0);

function scheduleOf(recipe: Recipe, stepsPerEpoch: number): Schedule {
  const { schedule } = recipe;
  switch (schedule) {
    case 'constant':
      return { kind: 'constant' };
    case 'cosine':
      return { kind: 'cosine', floor: recipe.cosine_floor };
    case 'step':
      return { kind: 'step', every: recipe.step_epochs * stepsPerEpoch, factor: recipe.step_factor };
    case 'one_cycle':
      return { kind: 'oneCycle', rise: recipe.cycle_rise, divisor: recipe.cycle_divisor, finalDivisor: recipe.cycle_final_divisor };
  }
}

/** Learning rate of a step, counted from 0 over all epochs, of a training of `epoch` epochs. */
export function rates(recipe: Recipe, stepsPerEpoch: number): (step: number) => number {
  const steps = recipe.epoch * stepsPerEpoch;
  const rise = recipe.schedule === 'one_cycle' ? 0 : Math.ceil(steps * (recipe.warmup / 100));
  const schedule = scheduleOf(recipe, stepsPerEpoch);
  const warmUp = rise > 0 ? { steps: rise, from: 1 / (rise + 1) } : undefined;
  return (step) => learningRate(schedule, recipe.learning_rate, step, steps, warmUp);
}

/** What early stopping looks at, of each epoch from the first on. */
interface Judged {
  readonly validation: { readonly loss: number; readonly accuracy: number };
}

/** Whether a training with these epochs behind it is to end now. */
export function endsEarly({ early_stopping: patience, early_stopping_on: metric }: Recipe, history: readonly Judged[]): boolean {
  if (patience === 0) return false;
  // Less is better.
  const values = history.map(({ validation: { loss, accuracy } }) => (metric === 'validation_loss' ? loss : -accuracy));
  return history.length - 1 - values.indexOf(Math.min(...values)) >= patience;
}
