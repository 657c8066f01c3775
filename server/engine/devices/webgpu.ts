import type { Tensor as OrtTensor } from 'onnxruntime-node';
import { InferenceSession } from 'onnxruntime-node';
import { lower } from '../lowering.ts';
import { encodeOnnx } from '../onnx.ts';
import type { Device, Executable, Named, StateTypes, Store } from '../runtime.ts';
import { checkStates, oneByOne, ortTensor, typesOf } from '../runtime.ts';
import type { Tensor, TypedArray } from '../tensor.ts';

export interface WebGpuOptions {
  /** Writes ONNX Runtime's profile to files with this prefix. */
  readonly profile?: string;
}

/** Sessions on the GPU alone: a model of which an operator would run on the CPU does not load. */
export function gpuSession(model: Uint8Array, locations: Readonly<Record<string, 'cpu' | 'gpu-buffer'>>, profile?: string): Promise<InferenceSession> {
  return InferenceSession.create(model, {
    executionProviders: ['webgpu'],
    preferredOutputLocation: locations,
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    extra: { session: { disable_cpu_ep_fallback: '1' } },
    ...(profile ? { enableProfiling: true, profileFilePrefix: profile } : {}),
  });
}

/**
 * States in buffers of the GPU: a run's updated states are its outputs there and the next run's inputs, and nothing of them crosses the bus. The runtime gives
 * JavaScript no way to fill or read such a buffer (`getData()` ends the process), so models that only copy do it.
 */
export class WebGpuStore implements Store {
  readonly #known: StateTypes;
  readonly #current: Map<string, OrtTensor>;
  #upload: Promise<InferenceSession> | undefined;
  #download: Promise<InferenceSession> | undefined;

  constructor(states: Named) {
    this.#known = typesOf(states);
    this.#current = new Map([...states].map(([name, tensor]) => [name, ortTensor({ ...tensor, data: tensor.data.slice() })]));
  }

  /** The states' buffers; what was written from outside is brought to the GPU first. */
  async ready(): Promise<ReadonlyMap<string, OrtTensor>> {
    if ([...this.#current.values()].every(({ location }) => location === 'gpu-buffer')) return this.#current;
    this.#upload ??= this.#copier('gpu-buffer');
    const copies = await (await this.#upload).run(this.#feeds());
    for (const name of this.#known.keys()) this.replace(name, copies[`${name}.copy`]!);
    return this.#current;
  }

  replace(name: string, tensor: OrtTensor): void {
    this.#current.get(name)?.dispose();
    this.#current.set(name, tensor);
  }

  async read(names: Iterable<string> = this.#known.keys()): Promise<Map<string, Tensor>> {
    await this.ready();
    this.#download ??= this.#copier('cpu');
    const copies = await (await this.#download).run(this.#feeds());
    return new Map([...names].map((name) => [name, { ...this.#known.get(name)!, data: copies[`${name}.copy`]!.data as TypedArray }]));
  }

  write(states: Named): void {
    checkStates(this.#known, states);
    for (const [name, tensor] of states) this.replace(name, ortTensor({ ...tensor, data: tensor.data.slice() }));
  }

  async close(): Promise<void> {
    for (const tensor of this.#current.values()) tensor.dispose();
    this.#current.clear();
    await (await this.#upload)?.release();
    await (await this.#download)?.release();
  }

  #feeds(): Record<string, OrtTensor> {
    return Object.fromEntries(this.#current);
  }

  /** A model that copies every state, `NAME` to `NAME.copy`. */
  #copier(location: 'cpu' | 'gpu-buffer'): Promise<InferenceSession> {
    const types = (suffix: string) => [...this.#known].map(([name, { dtype, shape }]) => ({ name: `${name}${suffix}`, dtype, shape }));
    const copies = types('.copy').map(({ name }) => name);
    const nodes = [...this.#known.keys()].map((name) => ({
      type: 'Identity',
      domain: '',
      name: `${name}.copy`,
      inputs: [name],
      outputs: [`${name}.copy`],
      attributes: {},
    }));
    const graph = { name: 'copy', nodes, initializers: new Map(), inputs: types(''), outputs: types('.copy') };
    const model = encodeOnnx({ irVersion: 9, producer: 'AI Studio', opsets: { '': 18 }, metadata: {}, graph });
    return gpuSession(model, Object.fromEntries(copies.map((name) => [name, location])));
  }
}

/** ONNX Runtime's WebGPU provider: Vulkan on Linux, so any maker's GPU. Creating a session throws where there is none. */
export function webgpu({ profile }: WebGpuOptions = {}): Device {
  return {
    name: 'webgpu',
    store: (states) => new WebGpuStore(states),
    async compile(program, store) {
      const states = store as WebGpuStore;
      const { model, updates } = lower(program, { block: 0, provider: 'webgpu' });
      const isState = new Set((await states.ready()).keys());
      const locations = Object.fromEntries([
        ...[...program.outputs.keys()].map((name) => [name, 'cpu']),
        ...[...updates.values()].map((name) => [name, 'gpu-buffer']),
      ]) as Record<string, 'cpu' | 'gpu-buffer'>;
      const session = await gpuSession(encodeOnnx(model), locations, profile);
      const reads = model.graph.inputs.map(({ name }) => name).filter((name) => isState.has(name));
      const run: Executable['run'] = async (inputs) => {
        const current = await states.ready();
        const feeds: Record<string, OrtTensor> = {};
        for (const name of reads) feeds[name] = current.get(name)!;
        for (const [name, tensor] of inputs) feeds[name] = ortTensor(tensor);
        const results = await session.run(feeds);
        for (const [name, output] of updates) states.replace(name, results[output]!);
        return new Map([...program.outputs].map(([name, { dtype, shape }]) => [name, { dtype, shape, data: results[name]!.data as TypedArray }]));
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
