import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cpu } from './devices/cpu.ts';
import type { Value } from './graph.ts';
import { Graph } from './graph.ts';
import type { OptimizerOptions } from './optimizers.ts';
import { optimizer } from './optimizers.ts';
import type { Tensor } from './tensor.ts';
import { float32 } from './tensor.ts';

const start = [0.5, -1, 2];
const gradients = [
  [0.1, -0.2, 0.3],
  [0.4, 0, -0.5],
  [-0.3, 0.25, 1],
];

/** The weights after each of the steps, at a rate of 0.1. */
async function moved(options: OptimizerOptions): Promise<number[][]> {
  const rule = optimizer(options);
  const graph = new Graph();
  const weight = graph.state('w', 'float32', [3]);
  const states = new Map<string, Tensor>([['w', float32(start)]]);
  const kept = (tensors: ReadonlyMap<string, Tensor>) => {
    const values = new Map<string, Value>();
    for (const [name, tensor] of tensors) {
      states.set(name, tensor);
      values.set(name, graph.state(name, tensor.dtype, tensor.shape));
    }
    return values;
  };
  const shared = rule.advance(graph, kept(rule.shared));
  const next = rule.update(graph, weight, graph.input('g', 'float32', [3]), kept(rule.slots(weight)), graph.input('rate', 'float32', []), shared);
  const device = await cpu({ threads: 1 });
  const store = device.store(states);
  const program = await device.compile({ graph, outputs: new Map(), updates: new Map([['w', next.weight], ...next.slots, ...shared]) }, store);
  const path: number[][] = [];
  for (const gradient of gradients) {
    await program.run(
      new Map([
        ['g', float32(gradient)],
        ['rate', float32([0.1], [])],
      ]),
    );
    path.push([...((await store.read()).get('w')!.data as Float32Array)]);
  }
  await program.close();
  return path;
}

// First and last weights: torch.optim 1.13 in float64.
const known: readonly (readonly [OptimizerOptions, readonly number[], readonly number[]])[] = [
  [{ kind: 'sgd', momentum: 0.9, weightDecay: 0.01, nesterov: true }, [0.48005, -0.9601, 1.9392], [0.410439762, -0.970890724, 1.826388037]],
  [{ kind: 'adam', weightDecay: 0.01 }, [0.40000001, -0.900000005, 1.900000003], [0.292196716, -0.842537648, 1.878752244]],
  [{ kind: 'adamw', weightDecay: 0.05 }, [0.39750001, -0.895000005, 1.890000003], [0.287868659, -0.836967243, 1.856587795]],
];
for (const [options, first, last] of known) {
  test(`${options.kind} moves weights as torch does`, async () => {
    const path = await moved(options);
    for (const [found, expected] of [
      [path[0]!, first],
      [path.at(-1)!, last],
    ] as const) {
      found.forEach((value, index) => {
        assert.ok(Math.abs(value - expected[index]!) < 1e-6, `${value} instead of ${expected[index]}`);
      });
    }
  });
}

test.run();
