import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cpu } from '../../server/engine/devices/cpu.ts';
import { Random } from '../../server/engine/random.ts';
import { encodeSafetensors } from '../../server/engine/safetensors.ts';
import type { Tensor } from '../../server/engine/tensor.ts';
import { createTrainer } from '../../server/engine/trainer.ts';
import { evaluationProgram } from '../../server/engine/training.ts';
import { matchTo } from '../../server/weights/match.ts';
import { openWeights } from '../../server/weights/open.ts';
import { architectures, isArchitecture } from '../../server/zoo/architectures.ts';

// Weights that we have trained, in PyTorch, and those that PyTorch has trained, in ours: by name, and with the same logits? Needs python3-torch and torchvision.
// Both learn pictures of one colour a class under noise, until their logits are those of a network that has learned something.
const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: 'resnet50' },
    size: { type: 'string', default: '64' },
    classes: { type: 'string', default: '10' },
    steps: { type: 'string', default: '60' },
    python: { type: 'string', default: '/usr/bin/python3' },
  },
});
const { arch } = values;
if (!isArchitecture(arch)) throw new Error(`no architecture ${arch}: ${Object.keys(architectures).join(', ')}`);
const [size, classes, steps] = [values.size, values.classes, values.steps].map(Number) as [number, number, number];
const batch = 8;
const rate = 0.01;
const random = new Random(5);
const dir = mkdtempSync(join(tmpdir(), 'ai-studio-exchange-'));
const model = architectures[arch];
const MEAN = [0.485, 0.456, 0.406] as const;
const STD = [0.229, 0.224, 0.225] as const;

async function logitsOf(weights: ReadonlyMap<string, Tensor>, x: Tensor): Promise<Float32Array> {
  const device = await cpu({ threads: 2 });
  const program = await device.compile(evaluationProgram({ model, classes, size, batch, input: { kind: 'normalized' } }), device.store(new Map(weights)));
  const labels: Tensor = { dtype: 'int32', shape: [batch], data: new Int32Array(batch) };
  const outputs = await program.run(
    new Map([
      ['images', x],
      ['labels', labels],
    ]),
  );
  await program.close();
  return outputs.get('logits')!.data as Float32Array;
}

function compare(what: string, ours: Float32Array, file: string): void {
  const theirs = new Float32Array(Uint8Array.from(readFileSync(join(dir, file))).buffer);
  const largest = ours.reduce((most, value, at) => Math.max(most, Math.abs(value - theirs[at]!)), 0);
  const scale = Math.sqrt(theirs.reduce((sum, value) => sum + value * value, 0) / theirs.length);
  const holds = largest <= 1e-4 * Math.min(1, scale);
  process.stdout.write(`${JSON.stringify({ what, arch, largestDifference: largest, typicalLogit: scale, holds })}\n`);
  if (!holds) process.exitCode = 1;
}

async function imported(name: string): Promise<Map<string, Tensor>> {
  const file = await openWeights(join(dir, name));
  const { matched, missing, misshapen } = matchTo(arch as keyof typeof architectures, file.tensors);
  if (missing.length + misshapen.length > 0) throw new Error(`${name}: missing ${missing.slice(0, 5)}, of another shape ${misshapen.length}`);
  const weights = new Map<string, Tensor>();
  for (const [to, { tensor }] of matched) weights.set(to, { dtype: 'float32', shape: tensor.shape, data: await tensor.values() });
  await file.close();
  return weights;
}

try {
  const colours = Array.from({ length: classes }, () => [0, 1, 2].map(() => 40 + random.integer(176)));
  const pictures = () => {
    const labels = Int32Array.from({ length: batch }, () => random.integer(classes));
    const pixel = (at: number) => colours[labels[Math.floor(at / (3 * size * size))]!]![at % 3]! + random.integer(81) - 40;
    return { images: Uint8Array.from({ length: batch * size * size * 3 }, (_, at) => pixel(at)), labels };
  };
  const trainer = await createTrainer({
    model,
    classes,
    size,
    batch,
    optimizer: { kind: 'sgd', momentum: 0.9, weightDecay: 5e-4 },
    mean: MEAN,
    std: STD,
    threads: 2,
    seed: 7,
  });
  let loss = Number.NaN;
  for (let step = 0; step < steps; step++) {
    const { images, labels } = pictures();
    ({ loss } = await trainer.step(images, labels, (rate * Math.min(10, step + 1)) / 10));
  }
  process.stdout.write(`${JSON.stringify({ arch, size, steps, lastLoss: loss })}\n`);
  const weights = await trainer.weights();
  await trainer.close();
  // As PyTorch wants them: normalised, a plane for each channel.
  const { images } = pictures();
  const area = size * size;
  const normalised = (at: number) => {
    const channel = Math.floor(at / area) % 3;
    const picture = Math.floor(at / (3 * area));
    return (images[(picture * area + (at % area)) * 3 + channel]! / 255 - MEAN[channel]!) / STD[channel]!;
  };
  const x: Tensor = { dtype: 'float32', shape: [batch, 3, size, size], data: Float32Array.from({ length: batch * 3 * area }, (_, at) => normalised(at)) };
  writeFileSync(join(dir, 'ours.safetensors'), encodeSafetensors(weights));
  writeFileSync(join(dir, 'batch.safetensors'), encodeSafetensors(new Map([['x', x]])));
  const peer = fileURLToPath(new URL('../../../scripts/benchmarks/exchange.py', import.meta.url));
  process.stdout.write(execFileSync(values.python, [peer, arch, String(classes), dir, String(steps)], { encoding: 'utf8' }));
  compare('ours in PyTorch', await logitsOf(weights, x), 'ours.logits');
  compare('PyTorch’s .pth in ours', await logitsOf(await imported('theirs.pth'), x), 'theirs.logits');
  compare('PyTorch’s old .pth, nested, with a prefix, in ours', await logitsOf(await imported('theirs-legacy.pth'), x), 'theirs.logits');
} finally {
  rmSync(dir, { recursive: true, force: true });
}
