import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { channelBlock } from './channelblock.ts';
import type { Program } from './graph.ts';
import { filterShape, lower } from './lowering.ts';
import { encodeOnnx } from './onnx.ts';
import type { Shape, Tensor, TypedArray } from './tensor.ts';
import { allocate, elements, sameShape } from './tensor.ts';

/** Something that runs programs: compiles a graph, runs it and holds the states between runs. */
export interface Device {
  readonly name: string;
  /** Puts the initial states onto the device. */
  store(states: ReadonlyMap<string, Tensor>): Store;
  /** Throws where the store lacks a state that the program reads. */
  compile(program: Program, store: Store): Promise<Executable>;
}

/** States by name, shared by the programs that read and update them. */
export interface Store {
  /** Copies of all states, or of one. */
  read(): Map<string, Tensor>;
  /** Replaces states. Throws where a name is not known or a shape differs. */
  write(states: ReadonlyMap<string, Tensor>): void;
}

export interface Executable {
  /** Runs once, updating the store. The outputs' memory is used again by the next run. */
  run(inputs: ReadonlyMap<string, Tensor>): Promise<ReadonlyMap<string, Tensor>>;
  close(): Promise<void>;
}

export interface CpuOptions {
  readonly threads: number;
  /** Candidates to take, by node signature. */
  readonly plan?: ReadonlyMap<string, string>;
  /** Width of the runtime's channel blocks, 0 for none; default what this machine has. */
  readonly block?: number;
  /** Writes ONNX Runtime's profile to files with this prefix. */
  readonly profile?: string;
}

const ortType = { float32: 'float32', float16: 'float16', int64: 'int64', int32: 'int32', uint8: 'uint8', bool: 'bool' } as const;

function ortTensor({ dtype, data, shape }: Tensor): OrtTensor {
  return new OrtTensor(ortType[dtype] as 'float32', data as Float32Array, shape);
}

/**
 * States in two copies: a run reads the current one and writes the other, after which they change places. So no step allocates or copies
 * a weight. The second copy is made when something first updates the state.
 */
class CpuStore implements Store {
  readonly current = new Map<string, OrtTensor>();
  readonly #next = new Map<string, OrtTensor>();
  readonly #tensors: ReadonlyMap<string, Pick<Tensor, 'dtype' | 'shape'>>;
  readonly #block: number;

  constructor(states: ReadonlyMap<string, Tensor>, block: number) {
    this.#tensors = states;
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
      const { dtype, shape } = this.#tensors.get(name)!;
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

  read(): Map<string, Tensor> {
    const states = new Map<string, Tensor>();
    for (const [name, { dtype, shape }] of this.#tensors) {
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
    for (const [name, { dtype, shape }] of states) {
      const known = this.#tensors.get(name);
      if (!known) throw new Error(`there is no ${name} to load`);
      if (known.dtype !== dtype || !sameShape(known.shape, shape)) {
        throw new Error(`${name} is ${known.dtype} [${known.shape}], what is loaded is ${dtype} [${shape}]`);
      }
    }
    for (const [name, tensor] of states) {
      const data = filterShape(tensor.shape, this.#block) ? toFilter(tensor, this.#block) : tensor.data;
      (this.current.get(name)!.data as Float32Array).set(data as Float32Array);
    }
  }
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
export async function cpu({ threads, plan, block: given, profile }: CpuOptions): Promise<Device> {
  const block = given ?? (await channelBlock());
  return {
    name: 'cpu',
    store: (states) => new CpuStore(states, block),
    async compile(program, store) {
      const states = store as CpuStore;
      const { model, updates } = lower(program, { block, filterStates: true, ...(plan ? { plan } : {}) });
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
        // Threads that spin while they wait take the cores from the decoding and from other jobs: 1.13 times the step on a quiet box of two cores, 1.5 on a busy one.
        extra: { session: { set_denormal_as_zero: '1', intra_op: { allow_spinning: '0' } } },
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
      return {
        async run(inputs) {
          const feeds: Record<string, OrtTensor> = {};
          for (const name of reads) feeds[name] = states.current.get(name)!;
          for (const [name, tensor] of inputs) feeds[name] = ortTensor(tensor);
          for (const [name, output] of updates) fetches[output] = states.next(name);
          await session.run(feeds, fetches);
          for (const name of updates.keys()) states.swap(name);
          return outputs;
        },
        async close() {
          if (profile) session.endProfiling();
          await session.release();
        },
      };
    },
  };
}
