import { listSupportedBackends } from 'onnxruntime-node';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { architectures } from '../../zoo/architectures.ts';
import { initialWeights } from '../model.ts';
import { Random } from '../random.ts';
import type { Device, Named } from '../runtime.ts';
import type { Tensor } from '../tensor.ts';
import { evaluationProgram, trainingProgram } from '../training.ts';
import { cpu } from './cpu.ts';
import { cuda } from './cuda.ts';
import { refusal } from './probe.ts';

// No NVIDIA GPU is needed: the loop that is made for CUDA runs on the CPU's provider, against single steps there.

const batch = 4;
const size = 32;
const options = { model: architectures.smallnet, classes: 3, size, batch, input: { kind: 'pixels', mean: [0.5, 0.5, 0.5], std: [0.2, 0.2, 0.2] } } as const;

function batches(count: number): Named[] {
  const random = new Random(5);
  return Array.from(
    { length: count },
    (_, step) =>
      new Map<string, Tensor>([
        ['images', { dtype: 'uint8', shape: [batch, size, size, 3], data: Uint8Array.from({ length: batch * size * size * 3 }, () => random.integer(256)) }],
        ['labels', { dtype: 'int32', shape: [batch], data: Int32Array.from({ length: batch }, () => random.integer(3)) }],
        ['rate', { dtype: 'float32', shape: [], data: Float32Array.of(0.02 / (step + 1)) }],
      ]),
  );
}

async function trained(device: Device, inputs: readonly Named[]): Promise<{ outputs: readonly Named[]; states: Named; judged: Named }> {
  const program = trainingProgram(options, { kind: 'adamw', weightDecay: 0.01 });
  const store = device.store(new Map([...initialWeights(program.parameters, 0), ...program.slots]));
  const training = await device.compile(program, store);
  const outputs = await training.runAll(inputs);
  const evaluation = await device.compile(evaluationProgram(options), store);
  const judged = await evaluation.run(new Map([...inputs[0]!].filter(([name]) => name !== 'rate')));
  const states = await store.read();
  await store.close();
  await training.close();
  await evaluation.close();
  return { outputs, states, judged };
}

const near = (found: Tensor, expected: Tensor, what: string) => {
  assert.equal(found.shape, expected.shape, what);
  found.data.forEach((value, index) => {
    const wanted = Number(expected.data[index]);
    assert.ok(Math.abs(Number(value) - wanted) <= 1e-4 * Math.max(1, Math.abs(wanted)), `${what}[${index}]: ${value}, by single steps ${wanted}`);
  });
};

test('many steps in one run are the same steps as one by one', async () => {
  // More than one run of the loop, the last one shorter.
  const inputs = batches(19);
  const expected = await trained(await cpu({ threads: 1, block: 0 }), inputs);
  const found = await trained(cuda({ provider: 'cpu' }), inputs);
  assert.is(found.outputs.length, inputs.length);
  expected.outputs.forEach((outputs, step) => {
    for (const [name, tensor] of outputs) near(found.outputs[step]!.get(name)!, tensor, `${name} of step ${step}`);
  });
  for (const [name, tensor] of expected.states) near(found.states.get(name)!, tensor, name);
  for (const [name, tensor] of expected.judged) near(found.judged.get(name)!, tensor, name);
});

test('without the CUDA libraries it is refused when something is compiled, not later', async () => {
  const device = cuda();
  const program = trainingProgram(options, { kind: 'sgd', momentum: 0, weightDecay: 0 });
  const store = device.store(new Map([...initialWeights(program.parameters, 0), ...program.slots]));
  const outcome = await device.compile(program, store).then(
    async (training) => {
      const loss = (await training.run(batches(1)[0]!)).get('loss')!.data[0]!;
      await training.close();
      return Number(loss);
    },
    (error: Error) => error,
  );
  // Where the libraries and a GPU are there, a step runs.
  if (!(outcome instanceof Error)) return assert.ok(Number.isFinite(outcome));
  // Where this onnxruntime-node has no CUDA at all, its sentence is not looked at: the probe knows without.
  if (listSupportedBackends().every(({ name }) => name !== 'cuda')) return;
  assert.ok(['not_installed', 'no_gpu'].includes(refusal(outcome.message).state), outcome.message);
});

test.run();
