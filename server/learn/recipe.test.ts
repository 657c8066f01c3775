import { Value } from 'typebox/value';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Parameters } from '../http/schemas.ts';
import { balancedWeights, complete, DEFAULTS, endsEarly, keptPerWeight, rates, trainerOptions } from './recipe.ts';

const BASE: Parameters = { batch_size: 8, epoch: 10, learning_rate: 0.1, momentum: 0.9, weight_decay: 5e-4, input_size: 32, augment: true };

test('the settings of before a parameter was there are complete and within the ranges of the schema', () => {
  assert.ok(Value.Check(Parameters, BASE));
  assert.ok(Value.Check(Parameters, complete(BASE)));
  const optional = Object.keys(Parameters.properties).filter((name) => !(name in BASE));
  assert.equal(Object.keys(DEFAULTS).sort(), optional.sort());
  assert.not.ok(Value.Check(Parameters, { ...BASE, optimizer: 'lion' }));
  assert.not.ok(Value.Check(Parameters, { ...BASE, label_smoothing: 0.6 }));
});

test('nothing said: a rise over a twentieth of the steps, then half a cosine down to 0', () => {
  // What trainings did before the schedule could be chosen, in the same words.
  const before = (step: number, steps: number) => {
    const rise = Math.ceil(steps * 0.05);
    return step < rise ? (0.1 * (step + 1)) / (rise + 1) : 0.5 * 0.1 * (1 + Math.cos((Math.PI * (step - rise)) / (steps - rise)));
  };
  for (const perEpoch of [1, 7, 14]) {
    const rate = rates(complete(BASE), perEpoch);
    for (let step = 0; step < 10 * perEpoch; step++) assert.ok(Math.abs(rate(step) - before(step, 10 * perEpoch)) < 1e-15, `step ${step} of ${perEpoch}`);
  }
});

test('schedules count in epochs and shares of the training', () => {
  const of = (change: Partial<Parameters>) => {
    const rate = rates(complete({ ...BASE, warmup: 0, ...change }), 10);
    return (epoch: number) => rate(10 * epoch);
  };
  assert.equal([0, 5, 9.9].map(of({ schedule: 'constant' })), [0.1, 0.1, 0.1]);
  const steps = of({ schedule: 'step', step_epochs: 4, step_factor: 0.5 });
  assert.equal([0, 3.9, 4, 8].map(steps), [0.1, 0.1, 0.05, 0.025]);
  assert.ok(Math.abs(of({ schedule: 'cosine', cosine_floor: 0.2 })(10) - 0.02) < 1e-9);
  const cycle = of({ schedule: 'one_cycle', cycle_rise: 0.5, cycle_divisor: 10, cycle_final_divisor: 100, warmup: 50 });
  assert.ok(Math.abs(cycle(0) - 0.01) < 1e-9 && Math.abs(cycle(4.9) - 0.1) < 1e-9 && Math.abs(cycle(9.9) - 0.0001) < 1e-6, 'and no warm-up of its own');
  const warm = of({ schedule: 'constant', warmup: 20 });
  assert.ok(warm(0) < warm(1) && warm(1) < 0.1 && warm(2) === 0.1);
});

test('what the engine is given', () => {
  assert.equal(trainerOptions(complete(BASE), [3, 1]), {
    optimizer: { kind: 'sgd', momentum: 0.9, weightDecay: 5e-4, nesterov: false },
    dropout: true,
    labelSmoothing: 0,
    frozenStages: 0,
  });
  const all = complete({ ...BASE, optimizer: 'adamw', class_weights: 'balanced', mixup: 0.2, gradient_clip: 5, ema: 0.99, freeze_stages: 2, dropout: false });
  assert.equal(trainerOptions(all, [3, 1]), {
    optimizer: { kind: 'adamw', betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 5e-4 },
    dropout: false,
    labelSmoothing: 0,
    frozenStages: 2,
    classWeights: [2 / 3, 2],
    clipNorm: 5,
    averageDecay: 0.99,
    mixup: 0.2,
  });
  assert.equal([keptPerWeight(complete(BASE)), keptPerWeight(all)], [1, 3]);
  assert.is(balancedWeights([10, 0, 5]).every(Number.isFinite), true);
});

test('early stopping waits so many epochs for something better', () => {
  const history = [3, 2, 2.5, 2.4].map((loss, index) => ({ validation: { loss, accuracy: index === 3 ? 90 : 50 } }));
  const ends = (change: Partial<Parameters>, epochs: number) => endsEarly(complete({ ...BASE, ...change }), history.slice(0, epochs));
  assert.equal(
    [1, 2, 3, 4].map((epochs) => ends({ early_stopping: 2 }, epochs)),
    [false, false, false, true],
  );
  assert.not.ok(ends({ early_stopping: 3 }, 4));
  assert.not.ok(ends({ early_stopping: 2, early_stopping_on: 'validation_accuracy' }, 4), 'it has just become better');
  assert.ok(ends({ early_stopping: 2, early_stopping_on: 'validation_accuracy' }, 3), 'equal is not better');
  assert.not.ok(ends({}, 4));
  assert.not.ok(ends({ early_stopping: 1 }, 0));
});

test.run();
