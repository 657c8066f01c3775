import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cpu } from '../../server/engine/devices/cpu.ts';
import { initialWeights } from '../../server/engine/model.ts';
import type { Tensor } from '../../server/engine/tensor.ts';
import { trainingProgram } from '../../server/engine/training.ts';
import { architectures, isArchitecture } from '../../server/zoo/architectures.ts';

// Where a training step's time goes, by ONNX operator (or, with --nodes N, the N slowest nodes), from ONNX Runtime's own profile.
const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: 'resnet18' },
    batch: { type: 'string', default: '8' },
    size: { type: 'string', default: '224' },
    threads: { type: 'string', default: '2' },
    steps: { type: 'string', default: '5' },
    nodes: { type: 'string', default: '0' },
  },
});
const { arch } = values;
if (!isArchitecture(arch)) throw new Error(`no architecture ${arch}: ${Object.keys(architectures).join(', ')}`);
const [batch, size, threads, steps] = [values.batch, values.size, values.threads, values.steps].map(Number) as [number, number, number, number];

const folder = await mkdtemp(join(tmpdir(), 'profile-'));
const program = trainingProgram(
  { model: architectures[arch], classes: 10, size, batch, input: { kind: 'normalized' } },
  { kind: 'sgd', momentum: 0.9, weightDecay: 5e-4 },
);
const device = await cpu({ threads, profile: join(folder, 'run') });
const store = device.store(new Map([...initialWeights(program.parameters, 0), ...program.slots]));
const training = await device.compile(program, store);
const x: Tensor = { dtype: 'float32', shape: [batch, 3, size, size], data: new Float32Array(batch * 3 * size * size).map(() => Math.random() - 0.5) };
const inputs = new Map<string, Tensor>([
  ['images', x],
  ['labels', { dtype: 'int32', shape: [batch], data: new Int32Array(batch) }],
  ['rate', { dtype: 'float32', shape: [], data: Float32Array.of(1e-3) }],
]);
for (let step = 0; step < steps; step++) await training.run(inputs);
await training.close();

interface Event {
  readonly name: string;
  readonly cat: string;
  readonly dur: number;
  readonly args?: { readonly op_name?: string; readonly input_type_shape?: unknown; readonly output_type_shape?: unknown };
}
const file = (await readdir(folder)).find((name) => name.startsWith('run'))!;
const events = JSON.parse(await readFile(join(folder, file), 'utf8')) as Event[];
await rm(folder, { recursive: true });

// A node's time is the least of its runs: what it takes when nothing else disturbs the machine.
interface Row {
  readonly op: string;
  readonly shapes: string;
  ms: number;
}
const nodes = new Map<string, Row>();
for (const { name, cat, dur, args } of events) {
  if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue;
  const ms = dur / 1000;
  const row = nodes.get(name);
  if (row) row.ms = Math.min(row.ms, ms);
  else nodes.set(name, { op: args!.op_name!, shapes: JSON.stringify(args!.input_type_shape).replaceAll(/"float":|[{}"]/g, ''), ms });
}
const totals = new Map<string, { ms: number; calls: number; shapes: string }>();
for (const [name, { op, shapes, ms }] of nodes) {
  const key = values.nodes === '0' ? op : name.replace('_kernel_time', '');
  const entry = totals.get(key) ?? { ms: 0, calls: 0, shapes };
  entry.ms += ms;
  entry.calls += 1;
  totals.set(key, entry);
}
const all = [...totals.values()].reduce((sum, { ms }) => sum + ms, 0);
const rows = [...totals].sort((a, b) => b[1].ms - a[1].ms).slice(0, values.nodes === '0' ? 40 : Number(values.nodes));
process.stdout.write(`${all.toFixed(1).padStart(8)} ms in all, a step\n`);
for (const [key, { ms, calls, shapes }] of rows) {
  const share = `${((100 * ms) / all).toFixed(1)} %`;
  process.stdout.write(
    `${ms.toFixed(1).padStart(8)} ms ${share.padStart(7)} ${calls.toFixed(0).padStart(4)}  ${key}${values.nodes === '0' ? '' : `  ${shapes}`}\n`,
  );
}
