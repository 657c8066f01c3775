import type { Tensor as OrtTensor } from 'onnxruntime-node';
import { InferenceSession } from 'onnxruntime-node';
import { lower } from '../lowering.ts';
import { encodeOnnx } from '../onnx.ts';
import type { Device, Executable, Named } from '../runtime.ts';
import { ortTensor } from '../runtime.ts';
import type { Shape, Tensor, TypedArray } from '../tensor.ts';
import { allocate, elements } from '../tensor.ts';
import { CpuStore } from './cpu.ts';
import { all, first, last, looped, trips } from './loop.ts';

/** Steps for which the weights cross the bus once. */
const steps = 16;

export interface CudaOptions {
  /** Of nvidia-smi's list, from 0. */
  readonly deviceId?: number;
  /** What runs the loop; default CUDA. The CPU shows that it computes the same where there is no such GPU. */
  readonly provider?: 'cuda' | 'cpu';
}

/**
 * ONNX Runtime's CUDA provider. In onnxruntime-node every output comes back to the CPU's memory, so a session runs many steps, between which the states stay on the
 * GPU. Creating a session throws where the CUDA libraries are missing.
 */
export function cuda({ deviceId = 0, provider = 'cuda' }: CudaOptions = {}): Device {
  return {
    name: 'cuda',
    store: (states) => new CpuStore(states, 0),
    async compile(program, store) {
      const states = store as CpuStore;
      const lowered = lower(program, { block: 0, provider: 'cuda' });
      const model = looped(lowered, (name) => states.current.has(name));
      const session = await InferenceSession.create(encodeOnnx(model), {
        executionProviders: provider === 'cuda' ? [{ name: 'cuda', deviceId }] : ['cpu'],
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        graphOptimizationLevel: 'all',
        logSeverityLevel: 3,
      });
      const updated = [...lowered.updates.keys()];
      const held = lowered.model.graph.inputs.map(({ name }) => name).filter((name) => states.current.has(name) && !lowered.updates.has(name));
      const outputs = [...program.outputs].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));

      const runSome = async (inputs: readonly Named[]): Promise<Named[]> => {
        const feeds: Record<string, OrtTensor> = { [trips]: ortTensor({ dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(inputs.length)) }) };
        for (const name of held) feeds[name] = states.current.get(name)!;
        for (const name of updated) feeds[first(name)] = states.current.get(name)!;
        for (const name of inputs[0]!.keys()) feeds[all(name)] = ortTensor(stacked(inputs.map((each) => each.get(name)!)));
        const fetches: Record<string, OrtTensor | null> = {};
        for (const name of updated) fetches[last(name)] = states.next(name);
        for (const { name } of outputs) fetches[all(name)] = null;
        const results = await session.run(feeds, fetches);
        for (const name of updated) states.swap(name);
        return inputs.map(
          (_, step) => new Map(outputs.map(({ name, dtype, shape }) => [name, entry(results[all(name)]!.data as TypedArray, step, dtype, shape)])),
        );
      };
      const runAll: Executable['runAll'] = async (inputs) => {
        const results: Named[] = [];
        for (let from = 0; from < inputs.length; from += steps) results.push(...(await runSome(inputs.slice(from, from + steps))));
        return results;
      };
      return {
        atOnce: steps,
        runAll,
        run: async (inputs) => (await runSome([inputs]))[0]!,
        close: () => session.release(),
      };
    },
  };
}

/** Tensors of one shape as one tensor with a first dimension more. */
function stacked(tensors: readonly Tensor[]): Tensor {
  const { dtype, shape } = tensors[0]!;
  const size = elements(shape);
  const data = allocate(dtype, tensors.length * size);
  tensors.forEach((tensor, index) => {
    (data as Float32Array).set(tensor.data as Float32Array, index * size);
  });
  return { dtype, shape: [tensors.length, ...shape], data };
}

function entry(stack: TypedArray, index: number, dtype: Tensor['dtype'], shape: Shape): Tensor {
  const size = elements(shape);
  return { dtype, shape, data: stack.slice(index * size, (index + 1) * size) as TypedArray };
}
