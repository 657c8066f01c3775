import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { OptimizerOptions } from '../../server/engine/optimizers.ts';
import { Random } from '../../server/engine/random.ts';
import { createTrainer } from '../../server/engine/trainer.ts';
import { architectures, isArchitecture } from '../../server/zoo/architectures.ts';

// Times one training step and one evaluation pass; with --vs-peer in turn with PyTorch's; with --six so for the six that the project is measured by.
// --optimizer sgd (default), adam or adamw, --ema DECAY (such as 0.999) and --clip NORM (such as 1) say what a step does beside; the peer knows SGD alone.
// step_cpu_ms is the processor time of a step, all threads together: of use where a machine is busy with other things.
const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: 'resnet18' },
    batch: { type: 'string', default: '8' },
    size: { type: 'string', default: '224' },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '5' },
    'vs-peer': { type: 'boolean', default: false },
    six: { type: 'boolean', default: false },
    peer: { type: 'string' },
    pairs: { type: 'string', default: '5' },
    optimizer: { type: 'string', default: 'sgd' },
    ema: { type: 'string' },
    clip: { type: 'string' },
  },
});
const { arch } = values;
const optimizers: Readonly<Record<string, OptimizerOptions>> = {
  sgd: { kind: 'sgd', momentum: 0.9, weightDecay: 5e-4 },
  adam: { kind: 'adam', weightDecay: 5e-4 },
  adamw: { kind: 'adamw', weightDecay: 0.01 },
};
const optimizer = optimizers[values.optimizer];
if (!optimizer) throw new Error(`no optimizer ${values.optimizer}: ${Object.keys(optimizers).join(', ')}`);
if ((values.six || values['vs-peer']) && (values.optimizer !== 'sgd' || values.ema || values.clip)) throw new Error('the peer takes steps of SGD alone');
if (!isArchitecture(arch)) throw new Error(`no architecture ${arch}: ${Object.keys(architectures).join(', ')}`);
const [batch, size, threads, steps, pairs] = [values.batch, values.size, values.threads, values.steps, values.pairs].map(Number) as [
  number,
  number,
  number,
  number,
  number,
];

interface Timing {
  readonly step_ms: number;
  readonly images_per_s: number;
  readonly forward_ms: number;
}

const median = (numbers: readonly number[]) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
};
const round = (value: number, digits: number) => Number(value.toFixed(digits));

/** Milliseconds by the wall and of the processors, the median of each. */
async function timed(work: () => Promise<unknown>): Promise<{ wall: number; cpu: number }> {
  await work();
  await work();
  const [wall, cpu]: [number[], number[]] = [[], []];
  for (let step = 0; step < steps; step++) {
    const [start, before] = [performance.now(), process.cpuUsage()];
    await work();
    const { user, system } = process.cpuUsage(before);
    wall.push(performance.now() - start);
    cpu.push((user + system) / 1000);
  }
  return { wall: median(wall), cpu: median(cpu) };
}

async function ours(): Promise<Timing & { step_cpu_ms: number }> {
  const grey = [0.5, 0.5, 0.5] as const;
  const trainer = await createTrainer({
    model: architectures[arch as keyof typeof architectures],
    classes: 10,
    size,
    batch,
    optimizer: optimizer!,
    mean: grey,
    std: grey,
    threads,
    seed: 0,
    ...(values.ema ? { averageDecay: Number(values.ema) } : {}),
    ...(values.clip ? { clipNorm: Number(values.clip) } : {}),
  });
  const random = new Random(0);
  const images = Uint8Array.from({ length: batch * size * size * 3 }, () => random.integer(256));
  const labels = Int32Array.from({ length: batch }, () => random.integer(10));
  const step = await timed(() => trainer.step(images, labels, 1e-3));
  const forward = await timed(() => trainer.evaluate(images, labels, batch));
  await trainer.close();
  return {
    step_ms: round(step.wall, 1),
    step_cpu_ms: round(step.cpu, 1),
    images_per_s: round((batch / step.wall) * 1000, 3),
    forward_ms: round(forward.wall, 1),
  };
}

async function peers(path: string): Promise<Timing> {
  const given = { arch, batch, size, threads, steps };
  const { stdout } = await promisify(execFile)('/usr/bin/python3', [path, ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)])]);
  return JSON.parse(stdout) as Timing;
}

/** Each in a process of its own, so that none inherits the other's memory. */
async function six(): Promise<void> {
  const cases = ['resnet18 8 224', 'resnet18 32 64', 'resnet50 8 224', 'densenet121 8 224', 'efficientnet_b0 8 224', 'mobilenet_v2 8 224'];
  const ratios: number[] = [];
  for (const one of cases) {
    const [name, pictures, side] = one.split(' ') as [string, string, string];
    const given = { arch: name, batch: pictures, size: side, threads: values.threads, steps: values.steps, pairs: values.pairs };
    const peer = values.peer ? ['--peer', values.peer] : [];
    const options = [...Object.entries(given).flatMap(([option, value]) => [`--${option}`, value]), '--vs-peer', ...peer];
    const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), ...options]);
    process.stdout.write(stdout);
    ratios.push((JSON.parse(stdout) as { ratio: number }).ratio);
  }
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  print({ geometric_mean: round(mean, 3), least: Math.min(...ratios) });
}

const settings = { arch, batch, size, threads };
const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
if (values.six) await six();
else if (!values['vs-peer']) {
  const beside = { optimizer: values.optimizer, ...(values.ema ? { ema: Number(values.ema) } : {}), ...(values.clip ? { clip: Number(values.clip) } : {}) };
  print({ engine: 'ai-studio', ...settings, ...beside, ...(await ours()) });
} else {
  const path = [values.peer, '../shared/peers/torch_train.py'].map((place) => place && resolve(place)).find((place) => place && existsSync(place));
  if (!path) throw new Error('the peer is not there: give --peer PATH of torch_train.py');
  const found: { peer: Timing; ours: Timing; ratio: number }[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const peer = await peers(path);
    const own = await ours();
    found.push({ peer, ours: own, ratio: own.images_per_s / peer.images_per_s });
    process.stderr.write(`pair ${pair + 1}: peer ${peer.step_ms} ms, ours ${own.step_ms} ms, ratio ${found.at(-1)!.ratio.toFixed(3)}\n`);
  }
  const of = (pick: (pair: (typeof found)[number]) => number, digits: number) => round(median(found.map(pick)), digits);
  print({
    engine: 'ai-studio',
    ...settings,
    step_ms: of((pair) => pair.ours.step_ms, 1),
    images_per_s: of((pair) => pair.ours.images_per_s, 3),
    forward_ms: of((pair) => pair.ours.forward_ms, 1),
    peer_step_ms: of((pair) => pair.peer.step_ms, 1),
    peer_forward_ms: of((pair) => pair.peer.forward_ms, 1),
    pairs,
    ratio: of((pair) => pair.ratio, 3),
    forward_ratio: of((pair) => pair.peer.forward_ms / pair.ours.forward_ms, 3),
  });
}
