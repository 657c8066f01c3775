import { Tensor as OrtTensor } from 'onnxruntime-node';
import type { Program } from './graph.ts';
import type { Tensor } from './tensor.ts';
import { sameShape } from './tensor.ts';

/** Where programs can run: onnxruntime-node's CPU, WebGPU (Vulkan, Metal, Direct3D) and CUDA providers. */
export const deviceNames = ['cuda', 'webgpu', 'cpu'] as const;
export type DeviceName = (typeof deviceNames)[number];

/** Something that runs programs: compiles a graph, runs it and holds the states between runs. */
export interface Device {
  readonly name: DeviceName;
  /** Takes the initial states in. */
  store(states: Named): Store;
  /** Throws where the device lacks an operator. */
  compile(program: Program, store: Store): Promise<Executable>;
}

export type Named = ReadonlyMap<string, Tensor>;

/** States by name, shared by the programs that read and update them. */
export interface Store {
  /** Copies of all states, or of these. */
  read(names?: Iterable<string>): Promise<Map<string, Tensor>>;
  /** Replaces states. Throws where a name is not known or a shape differs. */
  write(states: Named): void;
  /** To be called before what was compiled for it is closed. */
  close(): Promise<void>;
}

export interface Executable {
  /** Runs once, updating the store. The outputs' memory is used again by the next run. */
  run(inputs: Named): Promise<Named>;
  /** So many runs are worth handing to `runAll` at once; 1 where it makes no difference. */
  readonly atOnce: number;
  /** As `run` once for each of the inputs in their order; the outputs stay as they are. */
  runAll(inputs: readonly Named[]): Promise<readonly Named[]>;
  close(): Promise<void>;
}

/** Of an executable to which it makes no difference: one run after the other. */
export function oneByOne(run: Executable['run']): Pick<Executable, 'atOnce' | 'runAll'> {
  return {
    atOnce: 1,
    async runAll(inputs) {
      const results: Named[] = [];
      for (const each of inputs) {
        const outputs = await run(each);
        results.push(new Map([...outputs].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }])));
      }
      return results;
    },
  };
}

const ortType = { float32: 'float32', float16: 'float16', int64: 'int64', int32: 'int32', uint8: 'uint8', bool: 'bool' } as const;

/** The runtime's view of a tensor's memory, without a copy. */
export function ortTensor({ dtype, data, shape }: Tensor): OrtTensor {
  return new OrtTensor(ortType[dtype] as 'float32', data as Float32Array, shape);
}

export type StateTypes = ReadonlyMap<string, Pick<Tensor, 'dtype' | 'shape'>>;

/** What a store knows of its states; the tensors themselves are not held. */
export function typesOf(states: Named): StateTypes {
  return new Map([...states].map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
}

/** Throws where the states to write are not among the known ones, or differ from them in type or shape. */
export function checkStates(known: StateTypes, states: Named): void {
  for (const [name, { dtype, shape }] of states) {
    const found = known.get(name);
    if (!found) throw new Error(`there is no ${name} to load`);
    if (found.dtype !== dtype || !sameShape(found.shape, shape)) {
      throw new Error(`${name} is ${found.dtype} [${found.shape}], what is loaded is ${dtype} [${shape}]`);
    }
  }
}
