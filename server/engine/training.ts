import { gradients } from './autodiff.ts';
import type { Program, Value } from './graph.ts';
import { Graph } from './graph.ts';
import type { Architecture, Noise, Parameter } from './model.ts';
import { ModelBuilder, normalize } from './model.ts';
import type { OptimizerOptions } from './optimizers.ts';
import { optimizer } from './optimizers.ts';
import type { Tensor } from './tensor.ts';
import { float32 } from './tensor.ts';

export interface ClassifierOptions {
  readonly model: Architecture;
  readonly classes: number;
  readonly size: number;
  readonly batch: number;
  /** `pixels`: uint8 [n,size,size,3], normalised in the graph. `normalized`: float32 [n,3,size,size], taken as they are. */
  readonly input: { readonly kind: 'pixels'; readonly mean: readonly number[]; readonly std: readonly number[] } | { readonly kind: 'normalized' };
}

/** What a training step may do beyond cross-entropy and the optimizer. Left out: nothing of it. */
export interface Refinements {
  /** Whether dropout and stochastic depth are at work. Their masks are inputs of the program. */
  readonly noise?: boolean;
  /** This share of every target is spread evenly over the classes (Szegedy et al. 2016, section 7). */
  readonly labelSmoothing?: number;
  /** Weight of each class in the loss, as torch.nn.CrossEntropyLoss: the mean is weighted too. */
  readonly classWeights?: readonly number[];
  /** Gradients are shortened where their common norm is longer than this (Pascanu et al. 2013, algorithm 1). */
  readonly clipNorm?: number;
  /** Keeps a moving average of weights and buffers, `NAME.average`, with the input `averaging` (a scalar) as its decay (Polyak & Juditsky 1992). */
  readonly average?: boolean;
  /** Mixes every picture and its target with its neighbour's, of which it keeps the share `mix`, a scalar input (Zhang et al. 2018). */
  readonly mixup?: boolean;
  /** So many of the first stages are not trained and keep their statistics. */
  readonly frozenStages?: number;
}

function imagesInto(graph: Graph, { input, batch, size }: ClassifierOptions): Value {
  if (input.kind === 'normalized') return graph.input('images', 'float32', [batch, 3, size, size]);
  const pixels = graph.input('images', 'uint8', [batch, size, size, 3]);
  const planes = graph.op('transpose', [pixels], { permutation: [0, 3, 1, 2] });
  return normalize(graph, graph.op('cast', [planes], { to: 'float32' }), input.mean, input.std);
}

/** share·a + (1 - share)·(a's neighbour), by rows. */
function mixed(graph: Graph, a: Value, share: Value): Value {
  const neighbour = graph.op('roll', [a], {});
  return graph.op('add', [neighbour, graph.op('mul', [graph.op('sub', [a, neighbour], {}), share], {})], {});
}

/** -Σ targets·log softmax(logits) of each picture [n], for targets [n,classes]. */
function crossEntropy(graph: Graph, logits: Value, targets: Value): Value {
  const picked = graph.op('mul', [targets, graph.op('logSoftmax', [logits], {})], {});
  return graph.op('affine', [graph.op('reduceSum', [picked], { axes: [1], keepDims: false })], { scale: -1, shift: 0 });
}

/** 1 for each picture [n] whose largest logit is that of its label, else 0; float32. */
function judged(graph: Graph, logits: Value, labels: Value): Value {
  return graph.op('cast', [graph.op('equal', [graph.op('argMax', [logits], {}), labels], {})], { to: 'float32' });
}

/** The loss to go down, a scalar. `share` is what mixup keeps of each picture. */
function trainingLoss(graph: Graph, logits: Value, labels: Value, { labelSmoothing = 0, classWeights }: Refinements, share: Value | undefined): Value {
  const classes = logits.shape[1]!;
  const hard = graph.op('oneHot', [labels], { classes });
  let targets = share ? mixed(graph, hard, share) : hard;
  let mass: Value | undefined;
  const weigh = (value: Value) => graph.op('mul', [value, graph.constant(float32(classWeights!, [1, classes]))], {});
  if (classWeights) mass = graph.op('reduceSum', [weigh(targets)], { axes: [0, 1], keepDims: false });
  if (labelSmoothing > 0) targets = graph.op('affine', [targets], { scale: 1 - labelSmoothing, shift: labelSmoothing / classes });
  const losses = crossEntropy(graph, logits, classWeights ? weigh(targets) : targets);
  if (!mass) return graph.op('reduceMean', [losses], { axes: [0], keepDims: false });
  return graph.op('div', [graph.op('reduceSum', [losses], { axes: [0], keepDims: false }), mass], {});
}

/** As torch.nn.utils.clip_grad_norm_: all gradients times min(1, longest/(norm + 1e-6)). */
function clipped(graph: Graph, gradients: readonly Value[], longest: number): Value[] {
  const squares = gradients.map((gradient) =>
    graph.op('reduceSum', [graph.op('mul', [gradient, gradient], {})], { axes: gradient.shape.map((_, axis) => axis), keepDims: false }),
  );
  const norm = graph.op('sqrt', [squares.reduce((sum, square) => graph.op('add', [sum, square], {}))], {});
  // max(longest, norm + 1e-6) = longest + relu(norm + 1e-6 - longest), which keeps the digits of what is far too long.
  const over = graph.op('relu', [graph.op('affine', [norm], { scale: 1, shift: 1e-6 - longest })], {});
  const coefficient = graph.op('div', [graph.scalar(longest), graph.op('affine', [over], { scale: 1, shift: longest })], {});
  return gradients.map((gradient) => graph.op('mul', [gradient, coefficient], {}));
}

export interface TrainingProgram extends Program {
  readonly parameters: readonly Parameter[];
  /** The optimizer's initial states, by `WEIGHT.SLOT`, or `optimizer.SLOT` for what all weights share. */
  readonly slots: ReadonlyMap<string, Tensor>;
  /** Names of the parameters of which an average is kept, as the state `NAME.average`, which begins as the parameter itself. */
  readonly averaged: readonly string[];
  /** The random inputs of a step. */
  readonly noises: readonly Noise[];
}

/**
 * One step: inputs images, labels [n] int32, rate (a scalar) and what the refinements need; outputs `loss` (a scalar) and `right` [n];
 * updates the weights, the buffers, the optimizer's slots and the averages. Throws RangeError where class weights do not fit the classes or
 * nothing is left to train.
 */
export function trainingProgram(options: ClassifierOptions, how: OptimizerOptions, refinements: Refinements = {}): TrainingProgram {
  const { classWeights, clipNorm, average = false, mixup = false, noise = false, frozenStages = 0 } = refinements;
  if (classWeights && classWeights.length !== options.classes) throw new RangeError(`${classWeights.length} weights are given for ${options.classes} classes`);
  const graph = new Graph();
  const model = new ModelBuilder(graph, 'training', { noise, frozenStages });
  const share = mixup ? graph.input('mix', 'float32', []) : undefined;
  const images = imagesInto(graph, options);
  const logits = options.model.build(model, share ? mixed(graph, images, share) : images, options.classes);
  const labels = graph.input('labels', 'int32', [options.batch]);
  const loss = trainingLoss(graph, logits, labels, refinements, share);
  const trained = model.parameters.filter((parameter) => parameter.trained);
  if (trained.length === 0)
    throw new RangeError(`${frozenStages} frozen stages leave nothing to train: ${options.model.name} has ${model.stages}, the head included`);
  const raw = gradients(
    graph,
    loss,
    trained.map(({ value }) => value),
  );
  const found = clipNorm === undefined ? raw : clipped(graph, raw, clipNorm);
  const rate = graph.input('rate', 'float32', []);
  const rule = optimizer(how);
  const updates = new Map(model.updates);
  const slots = new Map<string, Tensor>();
  const keep = (owner: string, initial: ReadonlyMap<string, Tensor>) => {
    const states = new Map<string, Value>();
    for (const [slot, tensor] of initial) {
      slots.set(`${owner}.${slot}`, tensor);
      states.set(slot, graph.state(`${owner}.${slot}`, tensor.dtype, tensor.shape));
    }
    return states;
  };
  const shared = rule.advance(graph, keep('optimizer', rule.shared));
  for (const [slot, value] of shared) updates.set(`optimizer.${slot}`, value);
  trained.forEach((weight, index) => {
    const next = rule.update(graph, weight.value, found[index]!, keep(weight.name, rule.slots(weight)), rate, shared);
    updates.set(weight.name, next.weight);
    for (const [slot, value] of next.slots) updates.set(`${weight.name}.${slot}`, value);
  });
  const averaged = average ? model.parameters.map(({ name }) => name).filter((name) => updates.has(name)) : [];
  if (averaged.length > 0) {
    const decay = graph.input('averaging', 'float32', []);
    const rest = graph.op('affine', [decay], { scale: -1, shift: 1 });
    for (const name of averaged) {
      const next = updates.get(name)!;
      const before = graph.state(`${name}.average`, 'float32', next.shape);
      updates.set(`${name}.average`, graph.op('add', [graph.op('mul', [before, decay], {}), graph.op('mul', [next, rest], {})], {}));
    }
  }
  const outputs = new Map([
    ['loss', loss],
    ['right', judged(graph, logits, labels)],
  ]);
  return { graph, outputs, updates, parameters: model.parameters, slots, averaged, noises: model.noises };
}

/**
 * Evaluation by the running statistics: inputs images and labels; outputs `logits` [n,classes], `losses` [n] and `right` [n].
 * `stateName` says under which name a parameter is kept; default its own.
 */
export function evaluationProgram(options: ClassifierOptions, stateName: (parameter: string) => string = (name) => name): Program {
  const graph = new Graph();
  const logits = options.model.build(new ModelBuilder(graph, 'evaluating', { stateName }), imagesInto(graph, options), options.classes);
  const labels = graph.input('labels', 'int32', [options.batch]);
  const outputs = new Map([
    ['logits', logits],
    ['losses', crossEntropy(graph, logits, graph.op('oneHot', [labels], { classes: options.classes }))],
    ['right', judged(graph, logits, labels)],
  ]);
  return { graph, outputs, updates: new Map() };
}

/** The finished model: input `images` float32 [n,3,size,size] in 0..255; outputs `logits` and `probabilities` [n,classes]. */
export function exportProgram({ model, classes, size }: ClassifierOptions, mean: readonly number[], std: readonly number[]): Program {
  const graph = new Graph();
  const images = normalize(graph, graph.input('images', 'float32', [1, 3, size, size]), mean, std);
  const logits = model.build(new ModelBuilder(graph, 'evaluating'), images, classes);
  const outputs = new Map([
    ['logits', logits],
    ['probabilities', graph.op('softmax', [logits], {})],
  ]);
  return { graph, outputs, updates: new Map() };
}
