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
  /** Default none; starts at zero. */
  readonly bias?: boolean;
  /** He's rule over the outputs (default) or the inputs. */
  readonly fan?: 'in' | 'out';
}

export interface NormOptions {
  readonly epsilon?: number;
  /** Weight of the newest batch in the running statistics. */
  readonly momentum?: number;
}

/** How a linear layer starts; default as torch.nn.Linear: evenly within 1/√inputs. */
export interface LinearOptions {
  readonly weight?: Initializer;
  readonly bias?: Initializer;
}

/** A random input of one step: each value is 1/keep with the probability `keep`, else 0. */
export interface Noise {
  readonly name: string;
  readonly shape: Shape;
  readonly keep: number;
}

export interface BuilderOptions {
  /** Whether dropout and stochastic depth do anything in training. */
  readonly noise?: boolean;
  /** So many of the first stages are not trained: they normalise by their running statistics and keep them. */
  readonly frozenStages?: number;
  /** The name of the state that holds a parameter; default its own. */
  readonly stateName?: (parameter: string) => string;
}

/** What the zoo writes its architectures with: declares parameters and appends layers to a graph. */
export class ModelBuilder {
  readonly graph: Graph;
  readonly mode: Mode;
  readonly parameters: Parameter[] = [];
  /** What training makes of the buffers, by name. */
  readonly updates = new Map<string, Value>();
  /** The random inputs that a step needs. */
  readonly noises: Noise[] = [];
  readonly #options: BuilderOptions;
  #stages = 0;

  constructor(graph: Graph, mode: Mode, options: BuilderOptions = {}) {
    this.graph = graph;
    this.mode = mode;
    this.#options = options;
  }

  /** Begins the next stage. Stages are what can be frozen, from the first on; the head is the last one. */
  stage(): void {
    this.#stages++;
  }

  /** How many stages were begun. */
  get stages(): number {
    return this.#stages;
  }

  get #frozen(): boolean {
    const { frozenStages = 0 } = this.#options;
    return frozenStages > 0 && this.#stages <= frozenStages;
  }

  parameter(name: string, shape: Shape, initializer: Initializer, trained = true): Value {
    const value = this.graph.state(this.#options.stateName?.(name) ?? name, 'float32', shape);
    this.parameters.push({ name, shape, trained: trained && !this.#frozen, initializer, value });
    return value;
  }

  /** A convolution; its weight is drawn by He's rule, by default over the outputs as torchvision's residual networks do. */
  conv(name: string, x: Value, { out, kernel, stride = 1, padding = 0, dilation = 1, groups = 1, bias = false, fan = 'out' }: ConvOptions): Value {
    const weight = this.parameter(`${name}.weight`, [out, x.shape[1]! / groups, kernel, kernel], { kind: 'kaimingNormal', fan });
    const shift = bias ? [this.parameter(`${name}.bias`, [out], { kind: 'constant', value: 0 })] : [];
    return this.graph.op('conv', [x, weight, ...shift], { stride, padding, dilation, groups });
  }

  batchNorm(name: string, x: Value, { epsilon = 1e-5, momentum = 0.1 }: NormOptions = {}): Value {
    const { graph } = this;
    const shape = [x.shape[1]!];
    const gamma = this.parameter(`${name}.weight`, shape, { kind: 'constant', value: 1 });
    const beta = this.parameter(`${name}.bias`, shape, { kind: 'constant', value: 0 });
    const runningMean = this.parameter(`${name}.running_mean`, shape, { kind: 'constant', value: 0 }, false);
    const runningVariance = this.parameter(`${name}.running_var`, shape, { kind: 'constant', value: 1 }, false);
    if (this.mode === 'evaluating' || this.#frozen) return graph.op('batchNormInference', [x, gamma, beta, runningMean, runningVariance], { epsilon });
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

  /** x·weightᵀ + bias. */
  linear(name: string, x: Value, out: number, options: LinearOptions = {}): Value {
    const into = x.shape[1]!;
    const start: Initializer = { kind: 'uniform', bound: 1 / Math.sqrt(into) };
    const weight = this.parameter(`${name}.weight`, [out, into], options.weight ?? start);
    const bias = this.parameter(`${name}.bias`, [out], options.bias ?? start);
    return this.graph.op('add', [this.graph.op('matMul', [x, weight], { transposeA: false, transposeB: true }), bias], {});
  }

  relu(x: Value): Value {
    return this.graph.op('relu', [x], {});
  }

  relu6(x: Value): Value {
    return this.graph.op('relu6', [x], {});
  }

  silu(x: Value): Value {
    return this.graph.op('silu', [x], {});
  }

  hardSwish(x: Value): Value {
    return this.graph.op('hardSwish', [x], {});
  }

  sigmoid(x: Value): Value {
    return this.graph.op('sigmoid', [x], {});
  }

  hardSigmoid(x: Value): Value {
    return this.graph.op('hardSigmoid', [x], {});
  }

  /** In training, each value is zero with the probability `drop`, and the others are raised to keep the mean (Srivastava et al. 2014). */
  dropout(x: Value, drop: number): Value {
    return this.#noisy(x, x.shape, drop);
  }

  /** In training, a picture's whole row is zero with the probability `drop`, and the others are raised (Huang et al. 2016). */
  stochasticDepth(x: Value, drop: number): Value {
    return this.#noisy(x, [x.shape[0]!, ...x.shape.slice(1).fill(1)], drop);
  }

  #noisy(x: Value, shape: Shape, drop: number): Value {
    if (this.mode !== 'training' || !this.#options.noise || this.#frozen || drop === 0) return x;
    const noise = { name: `noise.${this.noises.length}`, shape, keep: 1 - drop };
    this.noises.push(noise);
    const mask = this.graph.input(noise.name, 'float32', shape);
    if (shape.length === 4 && shape[1] === 1) {
      return this.graph.op('scaleChannels', [x, this.graph.op('broadcastTo', [mask], { shape: [shape[0]!, x.shape[1]!, 1, 1] })], {});
    }
    return this.graph.op('mul', [x, mask], {});
  }

  /** Pictures of the same size, their channels one after the other. */
  concat(parts: readonly Value[]): Value {
    return this.graph.op('concat', parts, { axis: 1 });
  }

  averagePool(x: Value, side: number): Value {
    return this.graph.op('averagePool', [x], { side });
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

/** A model's parameters and cost without running it. `batch` pictures of `size`·`size`. Throws ShapeError where they are too small for it. */
export function blueprint(
  architecture: Architecture,
  classes: number,
  size: number,
  batch = 2,
  options: BuilderOptions = {},
): { graph: Graph; parameters: Parameter[]; logits: Value; stages: number } {
  const graph = new Graph();
  const model = new ModelBuilder(graph, 'training', options);
  const logits = architecture.build(model, graph.input('images', 'float32', [batch, 3, size, size]), classes);
  return { graph, parameters: model.parameters, logits, stages: model.stages };
}
