import type { Tensor as OrtTensor } from 'onnxruntime-node';
import { InferenceSession } from 'onnxruntime-node';
import { channelBlock } from '../channelblock.ts';
import { filterShape, lower } from '../lowering.ts';
import { encodeOnnx } from '../onnx.ts';
import type { Device, Executable, StateTypes, Store } from '../runtime.ts';
import { checkStates, oneByOne, ortTensor, typesOf } from '../runtime.ts';
import { SHORT_SPIN } from '../spin.ts';
import type { Shape, Tensor, TypedArray } from '../tensor.ts';
import { allocate, elements } from '../tensor.ts';

export interface CpuOptions {
  readonly threads: number;
  /** Width of the runtime's channel blocks, 0 for none; default what this machine has. */
  readonly block?: number;
  /** Writes ONNX Runtime's profile to files with this prefix. */
  readonly profile?: string;
}

/**
 * States in two copies: a run reads the current one and writes the other, after which they change places. So no step allocates or copies
 * a weight. The second copy is made when something first updates the state.
 */
export class CpuStore implements Store {
  readonly current = new Map<string, OrtTensor>();
  readonly #next = new Map<string, OrtTensor>();
  readonly #known: StateTypes;
  readonly #block: number;

  constructor(states: ReadonlyMap<string, Tensor>, block: number) {
    this.#known = typesOf(states);
    this.#block = block;
    for (const [name, tensor] of states) {
      const filter = filterShape(tensor.shape, block);
      const data = filter ? toFilter(tensor, block) : tensor.data.slice();
      this.current.set(name, ortTensor({ dtype: tensor.dtype, shape: filter ?? tensor.shape, data: data as TypedArray }));
    }
  }

  next(name: string): OrtTensor {
    let tensor = this.#next.get(name);
    if (!tensor) {
      const { dtype, shape } = this.#known.get(name)!;
      tensor = ortTensor({ dtype, shape: filterShape(shape, this.#block) ?? shape, data: allocate(dtype, elements(shape)) });
      this.#next.set(name, tensor);
    }
    return tensor;
  }

  swap(name: string): void {
    const before = this.current.get(name)!;
    this.current.set(name, this.next(name));
    this.#next.set(name, before);
  }

  async read(names: Iterable<string> = this.#known.keys()): Promise<Map<string, Tensor>> {
    const states = new Map<string, Tensor>();
    for (const name of names) {
      const { dtype, shape } = this.#known.get(name)!;
      const data = this.current.get(name)!.data as TypedArray;
      states.set(name, {
        dtype,
        shape,
        data: filterShape(shape, this.#block) ? fromFilter(data as Float32Array, shape, this.#block) : (data.slice() as TypedArray),
      });
    }
    return states;
  }

  write(states: ReadonlyMap<string, Tensor>): void {
    checkStates(this.#known, states);
    for (const [name, tensor] of states) {
      const data = filterShape(tensor.shape, this.#block) ? toFilter(tensor, this.#block) : tensor.data;
      (this.current.get(name)!.data as Float32Array).set(data as Float32Array);
    }
  }

  async close(): Promise<void> {}
}

/** [o,i,kh,kw] to [i,o/B,kh·kw,B]. */
function toFilter({ data, shape }: Tensor, block: number): Float32Array {
  const filter = new Float32Array(data.length);
  eachFilterIndex(shape, block, (plain, at) => {
    filter[at] = (data as Float32Array)[plain]!;
  });
  return filter;
}

function fromFilter(filter: Float32Array, shape: Shape, block: number): Float32Array {
  const data = new Float32Array(filter.length);
  eachFilterIndex(shape, block, (plain, at) => {
    data[plain] = filter[at]!;
  });
  return data;
}

function eachFilterIndex(shape: Shape, block: number, visit: (plain: number, filter: number) => void): void {
  const [o, i, kh, kw] = shape as readonly [number, number, number, number];
  const taps = kh * kw;
  let plain = 0;
  for (let out = 0; out < o; out++) {
    const lane = out % block;
    const group = (out - lane) / block;
    for (let into = 0; into < i; into++) {
      const start = ((into * o) / block + group) * taps * block + lane;
      for (let tap = 0; tap < taps; tap++) visit(plain++, start + tap * block);
    }
  }
}

/** ONNX Runtime's CPU provider. */
export async function cpu({ threads, block: given, profile }: CpuOptions): Promise<Device> {
  const block = given ?? (await channelBlock());
  return {
    name: 'cpu',
    store: (states) => new CpuStore(states, block),
    async compile(program, store) {
      const states = store as CpuStore;
      const { model, updates } = lower(program, { block, filterStates: true });
      const session = await InferenceSession.create(encodeOnnx(model), {
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        // A memory pattern is one block for a whole run, beside the blocks that the first run has left in the arena: 1.5 times the memory, and slower.
        enableMemPattern: false,
        enableCpuMemArena: true,
        logSeverityLevel: 3,
        extra: { session: { set_denormal_as_zero: '1', intra_op: SHORT_SPIN } },
        ...(profile ? { enableProfiling: true, profileFilePrefix: profile } : {}),
      });
      const reads = model.graph.inputs.map(({ name }) => name).filter((name) => states.current.has(name));
      const outputs = new Map<string, Tensor>();
      const fetches: Record<string, OrtTensor> = {};
      for (const [name, { dtype, shape }] of program.outputs) {
        const tensor: Tensor = { dtype, shape, data: allocate(dtype, elements(shape)) };
        outputs.set(name, tensor);
        fetches[name] = ortTensor(tensor);
      }
      const run: Executable['run'] = async (inputs) => {
        const feeds: Record<string, OrtTensor> = {};
        for (const name of reads) feeds[name] = states.current.get(name)!;
        for (const [name, tensor] of inputs) feeds[name] = ortTensor(tensor);
        for (const [name, output] of updates) fetches[output] = states.next(name);
        await session.run(feeds, fetches);
        for (const name of updates.keys()) states.swap(name);
        return outputs;
      };
      return {
        run,
        ...oneByOne(run),
        async close() {
          if (profile) session.endProfiling();
          await session.release();
        },
      };
    },
  };
}
