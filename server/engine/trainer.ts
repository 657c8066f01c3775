import { multiplyAdds, trainedValues } from './cost.ts';
import { lower } from './lowering.ts';
import type { Architecture } from './model.ts';
import { blueprint, initialWeights } from './model.ts';
import { encodeOnnx } from './onnx.ts';
import type { OptimizerOptions } from './optimizers.ts';
import type { Executable } from './runtime.ts';
import { cpu } from './runtime.ts';
import type { Tensor } from './tensor.ts';
import type { ClassifierOptions } from './training.ts';
import { evaluationProgram, exportProgram, trainingProgram } from './training.ts';

export interface TrainerOptions {
  /** From the zoo's table: `architectures.resnet18`. */
  readonly model: Architecture;
  readonly classes: number;
  /** Side of the square input in pixels. */
  readonly size: number;
  readonly batch: number;
  readonly optimizer: OptimizerOptions;
  /** Of the pixels in 0..1, as torchvision's Normalize. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  readonly threads: number;
  /** Seeds the initialisation. */
  readonly seed: number;
  /** Start from these (torchvision's state_dict names), else initialised from the seed. */
  readonly weights?: ReadonlyMap<string, Tensor>;
}

/** Weights and buffers by torchvision's names; the optimizer's state by `NAME.SLOT`, for instance `fc.weight.momentum`. */
export interface TrainerState {
  weights: Map<string, Tensor>;
  optimizer: Map<string, Tensor>;
}

export interface Trainer {
  readonly device: string;
  /** Multiply-adds of one picture's forward pass, in units of 1e9 (the convention of torchvision's tables). */
  readonly gflops: number;
  /** Number of trainable values. */
  readonly parameters: number;
  /** One optimizer step. images: uint8 RGB [batch,size,size,3] (HWC, as sharp's raw output); labels int32 [batch]. Normalisation happens inside the graph. */
  step(images: Uint8Array, labels: Int32Array, learningRate: number): Promise<{ loss: number; correct: number }>;
  /** Evaluation mode (running statistics). images: up to `batch` pictures, `count` of them real (the rest padding). */
  evaluate(images: Uint8Array, labels: Int32Array, count: number): Promise<{ lossSum: number; correct: number; logits: Float32Array }>;
  /** Everything needed to go on bit-equal: weights, buffers, optimizer state. Copies. */
  state(): TrainerState;
  load(state: { weights: ReadonlyMap<string, Tensor>; optimizer?: ReadonlyMap<string, Tensor> }): void;
  /** The finished model: input 'images' float32 RGB [n,3,size,size] in 0..255, normalisation inside, n dynamic; outputs 'logits' and 'probabilities' [n,classes]. */
  exportOnnx(metadata: Readonly<Record<string, string>>): Uint8Array;
  close(): Promise<void>;
}

/** Throws ShapeError where the size is too small for the model, and Error where given weights are missing or do not fit. */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  const { model, classes, size, batch, mean, std, threads, seed, weights } = options;
  const classifier: ClassifierOptions = { model, classes, size, batch, input: { kind: 'pixels', mean, std } };
  const program = trainingProgram(classifier, options.optimizer);
  const names = program.parameters.map(({ name }) => name);
  const device = await cpu({ threads });
  const store = device.store(new Map([...initialWeights(program.parameters, seed), ...program.slots]));
  if (weights) store.write(only(weights, names));
  const training = await device.compile(program, store);
  let evaluation: Executable | undefined;
  const plan = blueprint(model, classes, size);

  const pictures = (images: Uint8Array): Tensor => {
    if (images.length !== batch * size * size * 3) throw new RangeError(`${images.length} bytes are not ${batch} RGB pictures of ${size}×${size}`);
    return { dtype: 'uint8', shape: [batch, size, size, 3], data: images };
  };
  const padded = <A extends Uint8Array | Int32Array>(array: A, length: number): A => {
    if (array.length === length) return array;
    if (array.length > length) throw new RangeError(`more than ${batch} pictures at a time`);
    const full = new (array.constructor as new (length: number) => A)(length);
    full.set(array);
    return full;
  };

  return {
    device: device.name,
    gflops: multiplyAdds(plan.graph, [plan.logits]) / plan.logits.shape[0]! / 1e9,
    parameters: trainedValues(plan.parameters),

    async step(images, labels, learningRate) {
      const outputs = await training.run(
        new Map<string, Tensor>([
          ['images', pictures(images)],
          ['labels', { dtype: 'int32', shape: [batch], data: labels }],
          ['rate', { dtype: 'float32', shape: [], data: Float32Array.of(learningRate) }],
        ]),
      );
      return { loss: (outputs.get('loss')!.data as Float32Array)[0]!, correct: sum(outputs.get('right')!.data as Float32Array, batch) };
    },

    async evaluate(images, labels, count) {
      evaluation ??= await device.compile(evaluationProgram(classifier), store);
      const outputs = await evaluation.run(
        new Map<string, Tensor>([
          ['images', pictures(padded(images, batch * size * size * 3))],
          ['labels', { dtype: 'int32', shape: [batch], data: padded(labels, batch) }],
        ]),
      );
      return {
        lossSum: sum(outputs.get('losses')!.data as Float32Array, count),
        correct: sum(outputs.get('right')!.data as Float32Array, count),
        logits: (outputs.get('logits')!.data as Float32Array).slice(0, count * classes),
      };
    },

    state() {
      const states = store.read();
      return { weights: only(states, names), optimizer: only(states, [...program.slots.keys()]) };
    },

    load(state) {
      const optimizer = state.optimizer ? only(state.optimizer, [...program.slots.keys()]) : program.slots;
      store.write(new Map([...only(state.weights, names), ...optimizer]));
    },

    exportOnnx(metadata) {
      const { model: file } = lower(exportProgram(classifier, mean, std), { block: 0, freeBatch: 'n', metadata, states: store.read() });
      return encodeOnnx(file);
    },

    async close() {
      await training.close();
      await evaluation?.close();
    },
  };
}

/** The named entries of a map, in the order of the names. Throws where one is absent. */
function only(tensors: ReadonlyMap<string, Tensor>, names: readonly string[]): Map<string, Tensor> {
  return new Map(
    names.map((name) => {
      const tensor = tensors.get(name);
      if (!tensor) throw new Error(`${name} is missing`);
      return [name, tensor];
    }),
  );
}

function sum(values: Float32Array, count: number): number {
  let total = 0;
  for (let index = 0; index < count; index++) total += values[index]!;
  return total;
}
