import { multiplyAdds, trainedValues } from './cost.ts';
import { openDevice } from './devices/open.ts';
import { lower } from './lowering.ts';
import type { Architecture } from './model.ts';
import { blueprint, initialWeights } from './model.ts';
import { beta, drawNoise, stepRandom } from './noise.ts';
import { encodeOnnx } from './onnx.ts';
import type { OptimizerOptions } from './optimizers.ts';
import type { DeviceName, Executable, Named } from './runtime.ts';
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
  /** Of the CPU. */
  readonly threads: number;
  /** Where the steps run; default the CPU. */
  readonly device?: DeviceName;
  /** Which GPU, where the device can be told; null: the first. */
  readonly gpu?: number | null;
  /** Seeds the initialisation, dropout, stochastic depth and mixup. */
  readonly seed: number;
  /** Whether the architecture's dropout and stochastic depth are at work; default true. */
  readonly dropout?: boolean;
  /** 0..1; default 0. */
  readonly labelSmoothing?: number;
  /** One weight > 0 for each class. */
  readonly classWeights?: readonly number[];
  /** Largest norm of all gradients together. */
  readonly clipNorm?: number;
  /**
   * Evaluates and exports a moving average of the weights with this decay, for instance 0.999. In the first steps it is less,
   * (1 + t)/(10 + t), so that the average leaves the untrained weights soon.
   */
  readonly averageDecay?: number;
  /** Mixes neighbouring pictures; both parameters of the beta distribution of the share, for instance 0.2. */
  readonly mixup?: number;
  /** So many of the architecture's first stages keep their weights. */
  readonly frozenStages?: number;
  /** Start from these (torchvision's state_dict names), else initialised from the seed. */
  readonly weights?: ReadonlyMap<string, Tensor>;
}

/** Weights and buffers by torchvision's names; the optimizer's state by `NAME.SLOT`, for instance `fc.weight.momentum`. */
export interface TrainerState {
  weights: Map<string, Tensor>;
  optimizer: Map<string, Tensor>;
}

/** images: uint8 RGB [batch,size,size,3] (HWC, as sharp's raw output); labels int32 [batch]. */
export interface StepInput {
  readonly images: Uint8Array;
  readonly labels: Int32Array;
  readonly learningRate: number;
}

export interface Trainer {
  readonly device: DeviceName;
  /** Multiply-adds of one picture's forward pass, in units of 1e9 (the convention of torchvision's tables). */
  readonly gflops: number;
  /** Number of trainable values. */
  readonly parameters: number;
  /** One optimizer step. images: uint8 RGB [batch,size,size,3] (HWC, as sharp's raw output); labels int32 [batch]. Normalisation happens inside the graph. */
  step(images: Uint8Array, labels: Int32Array, learningRate: number): Promise<{ loss: number; correct: number }>;
  /** So many steps are worth handing over at once; 1 where it makes no difference. */
  readonly stepsAtOnce: number;
  /** As `step` for each of them in their order. */
  steps(inputs: readonly StepInput[]): Promise<{ loss: number; correct: number }[]>;
  /** Evaluation mode (running statistics). images: up to `batch` pictures, `count` of them real (the rest padding). */
  evaluate(images: Uint8Array, labels: Int32Array, count: number): Promise<{ lossSum: number; correct: number; logits: Float32Array }>;
  /** The weights and buffers that are evaluated and exported: the averages, where they are kept. Copies. */
  weights(): Promise<Map<string, Tensor>>;
  /** Everything needed to go on bit-equal: weights, buffers, optimizer state. Copies. */
  state(): Promise<TrainerState>;
  load(state: { weights: ReadonlyMap<string, Tensor>; optimizer?: ReadonlyMap<string, Tensor> }): void;
  /** The finished model: input 'images' float32 RGB [n,3,size,size] in 0..255, normalisation inside, n dynamic; outputs 'logits' and 'probabilities' [n,classes]. */
  exportOnnx(metadata: Readonly<Record<string, string>>): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Throws ShapeError where the size is too small for the model, and Error where given weights are missing or do not fit. */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  const { model, classes, size, batch, mean, std, threads, seed, weights } = options;
  const classifier: ClassifierOptions = { model, classes, size, batch, input: { kind: 'pixels', mean, std } };
  const { averageDecay, mixup } = options;
  const program = trainingProgram(classifier, options.optimizer, {
    ...options,
    noise: options.dropout ?? true,
    average: averageDecay !== undefined,
    mixup: mixup !== undefined,
  });
  const names = program.parameters.map(({ name }) => name);
  const averages = program.averaged.map((name) => `${name}.average`);
  const slots = [...program.slots.keys(), ...averages];
  const averaged = new Set(program.averaged);
  // Where steps differ from each other by more than their pictures, how many were done is part of the state.
  const counted = program.noises.length > 0 || averages.length > 0 || mixup !== undefined;
  let done = 0;
  const device = await openDevice(options.device ?? 'cpu', threads, options.gpu ?? null);
  const initial = initialWeights(program.parameters, seed);
  const averageOf = (tensors: ReadonlyMap<string, Tensor>) => program.averaged.map((name) => [`${name}.average`, tensors.get(name)!] as const);
  const store = device.store(new Map([...initial, ...program.slots, ...averageOf(initial)]));
  let training: Executable;
  try {
    if (weights) store.write(new Map([...only(weights, names), ...averageOf(weights)]));
    training = await device.compile(program, store);
  } catch (error) {
    // A GPU may hold the states already. What is told is why it failed, not what that has left behind.
    await store.close().catch(() => {});
    throw error;
  }
  let evaluation: Executable | undefined;
  const plan = blueprint(model, classes, size);

  const pictures = (images: Uint8Array): Tensor => {
    if (images.length !== batch * size * size * 3) throw new RangeError(`${images.length} bytes are not ${batch} RGB pictures of ${size}×${size}`);
    return { dtype: 'uint8', shape: [batch, size, size, 3], data: images };
  };
  const kept = async () => {
    const stateOf = (name: string) => (averaged.has(name) ? `${name}.average` : name);
    const states = await store.read(names.map(stateOf));
    return new Map(names.map((name) => [name, states.get(stateOf(name))!]));
  };
  const padded = <A extends Uint8Array | Int32Array>(array: A, length: number): A => {
    if (array.length === length) return array;
    if (array.length > length) throw new RangeError(`more than ${batch} pictures at a time`);
    const full = new (array.constructor as new (length: number) => A)(length);
    full.set(array);
    return full;
  };

  /** Of the step before which `before` were done. */
  const inputsOf = ({ images, labels, learningRate }: StepInput, before: number): Map<string, Tensor> => {
    const random = stepRandom(seed, before);
    const inputs = new Map<string, Tensor>([
      ['images', pictures(images)],
      ['labels', { dtype: 'int32', shape: [batch], data: labels }],
      ['rate', scalar(learningRate)],
      ...drawNoise(program.noises, random),
    ]);
    if (mixup !== undefined) inputs.set('mix', scalar(beta(random, mixup)));
    if (averageDecay !== undefined) inputs.set('averaging', scalar(Math.min(averageDecay, (1 + before) / (10 + before))));
    return inputs;
  };
  const outcome = (outputs: Named) => ({
    loss: (outputs.get('loss')!.data as Float32Array)[0]!,
    correct: sum(outputs.get('right')!.data as Float32Array, batch),
  });

  return {
    device: device.name,
    gflops: multiplyAdds(plan.graph, [plan.logits]) / plan.logits.shape[0]! / 1e9,
    parameters: trainedValues(plan.parameters),

    stepsAtOnce: training.atOnce,

    async step(images, labels, learningRate) {
      const outputs = await training.run(inputsOf({ images, labels, learningRate }, done));
      done++;
      return outcome(outputs);
    },

    async steps(several) {
      const outputs = await training.runAll(several.map((each, index) => inputsOf(each, done + index)));
      done += several.length;
      return outputs.map(outcome);
    },

    async evaluate(images, labels, count) {
      evaluation ??= await device.compile(
        evaluationProgram(classifier, (name) => (averaged.has(name) ? `${name}.average` : name)),
        store,
      );
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

    weights: kept,

    async state() {
      const states = await store.read();
      const optimizer = only(states, slots);
      if (counted) optimizer.set(stepCount, { dtype: 'int32', shape: [], data: Int32Array.of(done) });
      return { weights: only(states, names), optimizer };
    },

    load(state) {
      const optimizer = state.optimizer ? only(state.optimizer, slots) : [...program.slots, ...averageOf(state.weights)];
      store.write(new Map([...only(state.weights, names), ...optimizer]));
      done = Number(state.optimizer?.get(stepCount)?.data[0] ?? 0);
    },

    async exportOnnx(metadata) {
      const { model: file } = lower(exportProgram(classifier, mean, std), { block: 0, freeBatch: 'n', metadata, states: await kept() });
      return encodeOnnx(file);
    },

    async close() {
      await store.close();
      await training.close();
      await evaluation?.close();
    },
  };
}

/** In the optimizer's state: how many steps were done. */
const stepCount = 'trainer.steps';

function scalar(value: number): Tensor {
  return { dtype: 'float32', shape: [], data: Float32Array.of(value) };
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
