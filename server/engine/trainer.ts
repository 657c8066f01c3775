import type { Architecture } from './model.ts';
import type { Tensor } from './tensor.ts';

export interface TrainerOptions {
  /** From the zoo's table: `architectures.resnet18`. */
  readonly model: Architecture;
  readonly classes: number;
  /** Side of the square input in pixels. */
  readonly size: number;
  readonly batch: number;
  readonly optimizer: { readonly kind: 'sgd'; readonly momentum: number; readonly weightDecay: number; readonly nesterov?: boolean };
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

export async function createTrainer(_options: TrainerOptions): Promise<Trainer> {
  throw new Error('not built yet');
}
