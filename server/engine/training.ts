import { gradients } from './autodiff.ts';
import type { Program, Value } from './graph.ts';
import { Graph } from './graph.ts';
import type { Architecture, Parameter } from './model.ts';
import { ModelBuilder, normalize } from './model.ts';
import type { OptimizerOptions } from './optimizers.ts';
import { optimizer } from './optimizers.ts';
import type { Tensor } from './tensor.ts';

export interface ClassifierOptions {
  readonly model: Architecture;
  readonly classes: number;
  readonly size: number;
  readonly batch: number;
  /** `pixels`: uint8 [n,size,size,3], normalised in the graph. `normalized`: float32 [n,3,size,size], taken as they are. */
  readonly input: { readonly kind: 'pixels'; readonly mean: readonly number[]; readonly std: readonly number[] } | { readonly kind: 'normalized' };
}

function imagesInto(graph: Graph, { input, batch, size }: ClassifierOptions): Value {
  if (input.kind === 'normalized') return graph.input('images', 'float32', [batch, 3, size, size]);
  const pixels = graph.input('images', 'uint8', [batch, size, size, 3]);
  const planes = graph.op('transpose', [pixels], { permutation: [0, 3, 1, 2] });
  return normalize(graph, graph.op('cast', [planes], { to: 'float32' }), input.mean, input.std);
}

/** Cross-entropy of each picture [n], and how many are right (a scalar, float32). */
function judged(graph: Graph, logits: Value, batch: number, classes: number): { losses: Value; right: Value } {
  const labels = graph.input('labels', 'int32', [batch]);
  const picked = graph.op('mul', [graph.op('oneHot', [labels], { classes }), graph.op('logSoftmax', [logits], {})], {});
  const losses = graph.op('affine', [graph.op('reduceSum', [picked], { axes: [1], keepDims: false })], { scale: -1, shift: 0 });
  const best = graph.op('cast', [graph.op('argMax', [logits], {})], { to: 'int32' });
  return { losses, right: graph.op('cast', [graph.op('equal', [best, labels], {})], { to: 'float32' }) };
}

export interface TrainingProgram extends Program {
  readonly parameters: readonly Parameter[];
  /** The optimizer's initial states, by `WEIGHT.SLOT`. */
  readonly slots: ReadonlyMap<string, Tensor>;
}

/**
 * One step: inputs images, labels [n] int32 and rate (a scalar); outputs `loss` (mean cross-entropy, a scalar) and `right` [n];
 * updates the weights, the buffers and the optimizer's slots.
 */
export function trainingProgram(options: ClassifierOptions, how: OptimizerOptions): TrainingProgram {
  const graph = new Graph();
  const model = new ModelBuilder(graph, 'training');
  const logits = options.model.build(model, imagesInto(graph, options), options.classes);
  const { losses, right } = judged(graph, logits, options.batch, options.classes);
  const loss = graph.op('reduceMean', [losses], { axes: [0], keepDims: false });
  const trained = model.parameters.filter((parameter) => parameter.trained);
  const found = gradients(
    graph,
    loss,
    trained.map(({ value }) => value),
  );
  const rate = graph.input('rate', 'float32', []);
  const rule = optimizer(how);
  const updates = new Map(model.updates);
  const slots = new Map<string, Tensor>();
  trained.forEach((weight, index) => {
    const states = new Map<string, Value>();
    for (const [slot, tensor] of rule.slots(weight)) {
      slots.set(`${weight.name}.${slot}`, tensor);
      states.set(slot, graph.state(`${weight.name}.${slot}`, tensor.dtype, tensor.shape));
    }
    const next = rule.update(graph, weight.value, found[index]!, states, rate);
    updates.set(weight.name, next.weight);
    for (const [slot, value] of next.slots) updates.set(`${weight.name}.${slot}`, value);
  });
  const outputs = new Map([
    ['loss', loss],
    ['right', right],
  ]);
  return { graph, outputs, updates, parameters: model.parameters, slots };
}

/** Evaluation by the running statistics: inputs images and labels; outputs `logits` [n,classes], `losses` [n] and `right` [n]. */
export function evaluationProgram(options: ClassifierOptions): Program {
  const graph = new Graph();
  const logits = options.model.build(new ModelBuilder(graph, 'evaluating'), imagesInto(graph, options), options.classes);
  const { losses, right } = judged(graph, logits, options.batch, options.classes);
  const outputs = new Map([
    ['logits', logits],
    ['losses', losses],
    ['right', right],
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
