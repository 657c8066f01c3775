import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpu } from '../../server/engine/devices/cpu.ts';
import { initialWeights } from '../../server/engine/model.ts';
import { Random } from '../../server/engine/random.ts';
import { encodeSafetensors } from '../../server/engine/safetensors.ts';
import type { Tensor } from '../../server/engine/tensor.ts';
import { trainingProgram } from '../../server/engine/training.ts';
import { architectures, isArchitecture } from '../../server/zoo/architectures.ts';

// Writes what a comparison with PyTorch's own steps reads: the weights before and after, the batch and the losses.
const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: 'resnet18' },
    steps: { type: 'string', default: '3' },
    batch: { type: 'string', default: '8' },
    size: { type: 'string', default: '224' },
    seed: { type: 'string', default: '0' },
    threads: { type: 'string', default: '2' },
    classes: { type: 'string', default: '10' },
    out: { type: 'string' },
  },
});
const { arch, out } = values;
if (!out) throw new Error('--out DIR is needed');
if (!isArchitecture(arch)) throw new Error(`no architecture ${arch}: ${Object.keys(architectures).join(', ')}`);
const [steps, batch, size, seed, threads, classes] = [values.steps, values.batch, values.size, values.seed, values.threads, values.classes].map(Number) as [
  number,
  number,
  number,
  number,
  number,
  number,
];
const sgd = { kind: 'sgd', momentum: 0.9, weightDecay: 5e-4 } as const;
const rate = 1e-3;

const program = trainingProgram({ model: architectures[arch], classes, size, batch, input: { kind: 'normalized' } }, sgd);
const weights = initialWeights(program.parameters, seed);
const random = new Random(seed + 1);
const x: Tensor = { dtype: 'float32', shape: [batch, 3, size, size], data: Float32Array.from({ length: batch * 3 * size * size }, () => random.normal()) };
const labels = Int32Array.from({ length: batch }, () => random.integer(classes));

const device = await cpu({ threads });
const store = device.store(new Map([...weights, ...program.slots]));
const training = await device.compile(program, store);
const losses: number[] = [];
for (let step = 0; step < steps; step++) {
  const outputs = await training.run(
    new Map<string, Tensor>([
      ['images', x],
      ['labels', { dtype: 'int32', shape: [batch], data: labels }],
      ['rate', { dtype: 'float32', shape: [], data: Float32Array.of(rate) }],
    ]),
  );
  losses.push(outputs.get('loss')!.data[0] as number);
}
const states = await store.read();
const after = new Map([...weights.keys()].map((name) => [name, states.get(name)!]));
await mkdir(out, { recursive: true });
const y: Tensor = { dtype: 'int64', shape: [batch], data: BigInt64Array.from(labels, BigInt) };
await writeFile(join(out, 'weights.safetensors'), encodeSafetensors(weights));
await writeFile(join(out, 'batch.safetensors'), encodeSafetensors(new Map([['x', x] as const, ['y', y] as const])));
await writeFile(join(out, 'after.safetensors'), encodeSafetensors(after));
await writeFile(join(out, 'meta.json'), JSON.stringify({ arch, classes, lr: rate, momentum: sgd.momentum, weight_decay: sgd.weightDecay, losses }));
await training.close();
process.stdout.write(`${JSON.stringify({ arch, batch, size, steps, losses, out })}\n`);
