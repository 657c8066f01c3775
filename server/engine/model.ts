import type { Value } from './graph.ts';
import { Graph } from './graph.ts';
import type { Initializer } from './initializers.ts';
import { initialize } from './initializers.ts';
import type { Window } from './ops/geometry.ts';
import { Random } from './random.ts';
import type { Shape, Tensor } from './tensor.ts';
import { float32 } from './tensor.ts';

/** What a model keeps: a weight that is trained, or a buffer such as a running mean. */
export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly trained: boolean;
  readonly initializer: Initializer;
  readonly value: Value;
}

export interface Architecture {
  readonly name: string;
  /** Builds the network on normalised images [n,3,h,w]; returns the logits [n,classes]. Parameters are named as torchvision names them. */
  build(model: ModelBuilder, images: Value, classes: number): Value;
}

/** `training` normalises by the batch's statistics and follows them; `evaluating` normalises by the running ones. */
export type Mode = 'training' | 'evaluating';

export interface ConvOptions {
  readonly out: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
}

/** What the zoo writes its architectures with: declares parameters and appends layers to a graph. */
export class ModelBuilder {
  readonly graph: Graph;
  readonly mode: Mode;
  readonly parameters: Parameter[] = [];
  /** What training makes of the buffers, by name. */
  readonly updates = new Map<string, Value>();

  constructor(graph: Graph, mode: Mode) {
    this.graph = graph;
    this.mode = mode;
  }

  parameter(name: string, shape: Shape, initializer: Initializer, trained = true): Value {
    const value = this.graph.state(name, 'float32', shape);
    this.parameters.push({ name, shape, trained, initializer, value });
    return value;
  }

  /** A convolution without a bias; its weight is drawn by He's rule over the outputs, as torchvision's residual networks do. */
  conv(name: string, x: Value, { out, kernel, stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvOptions): Value {
    const weight = this.parameter(`${name}.weight`, [out, x.shape[1]! / groups, kernel, kernel], { kind: 'kaimingNormal', fan: 'out' });
    return this.graph.op('conv', [x, weight], { stride, padding, dilation, groups });
  }

  batchNorm(name: string, x: Value, { epsilon = 1e-5, momentum = 0.1 } = {}): Value {
    const { graph } = this;
    const shape = [x.shape[1]!];
    const gamma = this.parameter(`${name}.weight`, shape, { kind: 'constant', value: 1 });
    const beta = this.parameter(`${name}.bias`, shape, { kind: 'constant', value: 0 });
    const runningMean = this.parameter(`${name}.running_mean`, shape, { kind: 'constant', value: 0 }, false);
    const runningVariance = this.parameter(`${name}.running_var`, shape, { kind: 'constant', value: 1 }, false);
    if (this.mode === 'evaluating') return graph.op('batchNormInference', [x, gamma, beta, runningMean, runningVariance], { epsilon });
    const [y, mean, variance] = graph.apply('batchNorm', [x, gamma, beta], { epsilon });
    const [n, , h, w] = x.shape as readonly [number, number, number, number];
    const count = n * h * w;
    // torch keeps the unbiased variance.
    const follow = (running: Value, batch: Value, scale: number) =>
      graph.op(
        'add',
        [graph.op('affine', [running], { scale: 1 - momentum, shift: 0 }), graph.op('affine', [batch], { scale: momentum * scale, shift: 0 })],
        {},
      );
    this.updates.set(`${name}.running_mean`, follow(runningMean, mean!, 1));
    this.updates.set(`${name}.running_var`, follow(runningVariance, variance!, count / (count - 1)));
    return y!;
  }

  /** x·weightᵀ + bias, drawn as torch.nn.Linear: evenly within 1/√inputs. */
  linear(name: string, x: Value, out: number): Value {
    const into = x.shape[1]!;
    const start: Initializer = { kind: 'uniform', bound: 1 / Math.sqrt(into) };
    const weight = this.parameter(`${name}.weight`, [out, into], start);
    const bias = this.parameter(`${name}.bias`, [out], start);
    return this.graph.op('add', [this.graph.op('matMul', [x, weight], { transposeA: false, transposeB: true }), bias], {});
  }

  relu(x: Value): Value {
    return this.graph.op('relu', [x], {});
  }

  add(a: Value, b: Value): Value {
    return this.graph.op('add', [a, b], {});
  }

  maxPool(x: Value, window: Window): Value {
    return this.graph.op('maxPool', [x], window);
  }

  /** [n,c,h,w] to the mean [n,c] of each channel. */
  globalAveragePool(x: Value): Value {
    return this.graph.op('reduceMean', [x], { axes: [2, 3], keepDims: false });
  }
}

/** (pixels - 255·mean)/(255·std) by channel, for pixels [n,3,h,w] as float32. */
export function normalize(graph: Graph, pixels: Value, mean: readonly number[], std: readonly number[]): Value {
  const wide = (values: readonly number[]) => graph.constant(float32(values, [1, values.length, 1, 1]));
  const scaled = graph.op('mul', [pixels, wide(std.map((deviation) => 1 / (255 * deviation)))], {});
  return graph.op('add', [scaled, wide(mean.map((level, channel) => -level / std[channel]!))], {});
}

/** Draws all of a model's parameters from a seed. */
export function initialWeights(parameters: readonly Parameter[], seed: number): Map<string, Tensor> {
  const random = new Random(seed);
  return new Map(parameters.map(({ name, shape, initializer }) => [name, initialize(initializer, shape, random)]));
}

/** A model's parameters and cost without running it. `batch` pictures of `size`·`size`. */
export function blueprint(architecture: Architecture, classes: number, size: number, batch = 2): { graph: Graph; parameters: Parameter[]; logits: Value } {
  const graph = new Graph();
  const model = new ModelBuilder(graph, 'training');
  const logits = architecture.build(model, graph.input('images', 'float32', [batch, 3, size, size]), classes);
  return { graph, parameters: model.parameters, logits };
}
