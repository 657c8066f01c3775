import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpu } from '../../server/engine/devices/cpu.ts';
import { initialWeights } from '../../server/engine/model.ts';
import { Random } from '../../server/engine/random.ts';
import type { Named } from '../../server/engine/runtime.ts';
import { encodeSafetensors } from '../../server/engine/safetensors.ts';
import type { Tensor } from '../../server/engine/tensor.ts';
import { trainingProgram } from '../../server/engine/training.ts';
import { architectures, isArchitecture } from '../../server/zoo/architectures.ts';

// Writes what a comparison with PyTorch's own steps reads: the weights before and after, the batch and the losses; with --switches also which
// ReLUs let their value through in each step, for switches.py.
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
    switches: { type: 'boolean', default: false },
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

const relus = values.switches ? program.graph.nodes.filter(({ op }) => op === 'relu' || op === 'relu6') : [];
const outputsToo = new Map([...program.outputs, ...relus.map((node, index) => [`relu${index}`, node.outputs[0]!] as const)]);

/** For each ReLU's value 0 where it is 0, 2 where ReLU6 has cut it off at 6, else 1. */
function positions(outputs: Named): Map<string, Tensor> {
  const all = new Map<string, Tensor>();
  relus.forEach(({ op }, index) => {
    const { shape, data } = outputs.get(`relu${index}`)!;
    const of = (value: number) => (value <= 0 ? 0 : op === 'relu6' && value >= 6 ? 2 : 1);
    all.set(`relu${index}`, { dtype: 'uint8', shape, data: Uint8Array.from(data as Float32Array, of) });
  });
  return all;
}

const device = await cpu({ threads });
const store = device.store(new Map([...weights, ...program.slots]));
const training = await device.compile({ ...program, outputs: outputsToo }, store);
await mkdir(out, { recursive: true });
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
  if (values.switches) await writeFile(join(out, `switches${step}.safetensors`), encodeSafetensors(positions(outputs)));
}
const states = await store.read();
const after = new Map([...weights.keys()].map((name) => [name, states.get(name)!]));
const y: Tensor = { dtype: 'int64', shape: [batch], data: BigInt64Array.from(labels, BigInt) };
await writeFile(join(out, 'weights.safetensors'), encodeSafetensors(weights));
await writeFile(join(out, 'batch.safetensors'), encodeSafetensors(new Map([['x', x] as const, ['y', y] as const])));
await writeFile(join(out, 'after.safetensors'), encodeSafetensors(after));
await writeFile(join(out, 'meta.json'), JSON.stringify({ arch, classes, lr: rate, momentum: sgd.momentum, weight_decay: sgd.weightDecay, losses }));
await training.close();
process.stdout.write(`${JSON.stringify({ arch, batch, size, steps, losses, out })}\n`);
