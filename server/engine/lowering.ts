import type { Node, Program, Value } from './graph.ts';
import { reachable } from './graph.ts';
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxValueInfo } from './onnx.ts';
import type { Candidate, Rule } from './ops/rule.ts';
import type { OpName } from './ops/table.ts';
import { rules } from './ops/table.ts';
import type { DeviceName } from './runtime.ts';
import type { Shape, Tensor } from './tensor.ts';
import { bytes } from './tensor.ts';

/**
 * How a value lies in memory. `plain`: as its shape says. `blocked`, for pictures [n,c,h,w]: [n,c/B,h,w,B], the runtime's own (MLAS "NCHWc").
 * `filter`, for kernels [o,i,kh,kw]: [i,o/B,kh·kw,B], in which blocked convolutions give and take them at the least cost.
 */
export type Layout = 'plain' | 'blocked' | 'filter';

export const nchwc = 'com.microsoft.nchwc';
export const contrib = 'com.microsoft';

/** What may still be fused into a node that has not been emitted: another tensor to add, then an activation. All memory is blocked. */
export interface Fused {
  readonly sum?: string;
  readonly activation?: 'Relu' | 'Relu6';
}

export interface LoweringOptions {
  /** Width of the runtime's channel block on this machine: 8 with AVX2, 16 with AVX-512; 0 where blocked layouts are not to be used. */
  readonly block: number;
  /** What will run the model; default the CPU. Not every provider has every operator. */
  readonly provider?: DeviceName;
  /** The candidate to take for a node, by `signature(node)`; where it has none, the rule's own preference. */
  readonly plan?: ReadonlyMap<string, string>;
  /** Makes the first dimension of inputs and outputs free. */
  readonly freeBatch?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Whether kernels among the states are held in the `filter` layout (see `filterShape`) rather than plain. */
  readonly filterStates?: boolean;
  /** Values for the states: written as initialisers instead of being inputs. */
  readonly states?: ReadonlyMap<string, Tensor>;
}

/** The shape in which a state is held as a filter, [i,o/B,kh·kw,B]; undefined where it is held plain. */
export function filterShape(shape: Shape, block: number): Shape | undefined {
  const [o, i, kh, kw] = shape as readonly [number, number, number, number];
  return block > 0 && shape.length === 4 && o % block === 0 && (i % block === 0 || i < block) ? [i, o / block, kh * kw, block] : undefined;
}

export interface Lowered {
  readonly model: OnnxModel;
  /** ONNX output name of each program output, and of each update. */
  readonly updates: ReadonlyMap<string, string>;
}

/** What makes two nodes the same for the choice of a candidate: the operator, its shapes and its attributes. */
export function signature(node: Node): string {
  return `${node.op} ${node.inputs.map((input) => input.shape.join('x')).join(' ')} ${JSON.stringify(node.attributes)}`;
}

/** Writes one program as an ONNX model. */
export class Lowering {
  readonly options: LoweringOptions;
  /** How many readers each value has, by its id. */
  readonly uses = new Map<number, number>();
  /** The last node that reads each value, by its id; none for what leaves the graph. */
  readonly lastReaders = new Map<number, Node>();
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers = new Map<string, Tensor>();
  readonly #forms = new Map<number, Map<Layout, string>>();
  readonly #deferred = new Map<number, (fused: Fused) => string>();
  readonly #constants = new Map<string, string>();
  readonly #memo = new Map<string, string>();
  readonly #renamed = new Map<string, string>();
  #names = 0;

  constructor(options: LoweringOptions) {
    this.options = options;
  }

  /** Emits an ONNX node with one output and returns the output's name. */
  emit(type: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}, domain = ''): string {
    return this.emitMany(type, inputs, 1, attributes, domain)[0]!;
  }

  emitMany(type: string, inputs: readonly string[], count: number, attributes: Readonly<Record<string, OnnxAttribute>> = {}, domain = ''): string[] {
    const outputs = Array.from({ length: count }, () => `${type}_${this.#names++}`);
    this.#nodes.push({ type, domain, name: outputs[0]!, inputs, outputs, attributes });
    return outputs;
  }

  /** The name of a constant of these values; equal constants are written once. */
  constant(tensor: Tensor): string {
    const key = `${tensor.dtype} ${tensor.shape} ${Buffer.from(bytes(tensor)).toString('base64')}`;
    let name = this.#constants.get(key);
    if (!name) {
      name = `constant_${this.#names++}`;
      this.#constants.set(key, name);
      this.#initializers.set(name, tensor);
    }
    return name;
  }

  ints(values: readonly number[]): string {
    return this.constant({ dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) });
  }

  float(value: number): string {
    return this.constant({ dtype: 'float32', shape: [], data: Float32Array.of(value) });
  }

  reshape(name: string, shape: Shape): string {
    return this.emit('Reshape', [name, this.ints(shape)]);
  }

  transpose(name: string, permutation: readonly number[]): string {
    return this.emit('Transpose', [name], { perm: { ints: permutation } });
  }

  /** Emits once what several nodes of the graph need, such as the im2col of one value. */
  once(key: string, emit: () => string): string {
    let name = this.#memo.get(key);
    if (!name) {
      name = emit();
      this.#memo.set(key, name);
    }
    return name;
  }

  /** The name of a value's memory in a layout, converted where it is not at hand in that one. */
  read(value: Value, layout: Layout = 'plain'): string {
    const emit = this.deferred(value);
    if (emit) this.write(value, emit({}), 'blocked');
    const forms = this.#forms.get(value.id);
    if (!forms) throw new Error(`value ${value.id} is read before it is written`);
    let name = forms.get(layout);
    if (!name) {
      name = this.#convert(value, forms, layout);
      forms.set(layout, name);
    }
    return name;
  }

  write(value: Value, name: string, layout: Layout = 'plain'): void {
    const forms = this.#forms.get(value.id) ?? new Map<Layout, string>();
    forms.set(layout, name);
    this.#forms.set(value.id, forms);
  }

  /** The layouts that a value is at hand in, the one it was written in first. */
  layouts(value: Value): Layout[] {
    if (this.deferred(value)) return ['blocked'];
    return [...(this.#forms.get(value.id)?.keys() ?? [])];
  }

  /** Leaves a value, in blocked memory, to be emitted where it is first read, or fused into what reads it. */
  defer(value: Value, emit: (fused: Fused) => string): void {
    this.#deferred.set(value.id, emit);
  }

  /** Leaves the sum of a deferred value and `sum` to be emitted later. A second sum is an Add. */
  deferSum(value: Value, emit: (fused: Fused) => string, sum: string): void {
    this.defer(value, (fused) => (fused.sum ? this.emit('Add', [emit({ sum }), fused.sum]) : emit({ ...fused, sum })));
  }

  /** How to emit a deferred value; undefined where it was not deferred or has been emitted. */
  deferred(value: Value): ((fused: Fused) => string) | undefined {
    return this.#forms.has(value.id) ? undefined : this.#deferred.get(value.id);
  }

  /** As `deferred`, for its only reader: another one would need the value without what is fused into it. */
  fusable(value: Value): ((fused: Fused) => string) | undefined {
    return this.uses.get(value.id) === 1 ? this.deferred(value) : undefined;
  }

  canBlock(value: Value): boolean {
    return this.options.block > 0 && value.shape.length === 4 && value.dtype === 'float32' && value.shape[1]! % this.options.block === 0;
  }

  #convert(value: Value, forms: ReadonlyMap<Layout, string>, layout: Layout): string {
    const [n, c, h, w] = value.shape as readonly [number, number, number, number];
    const { block } = this.options;
    if (layout === 'blocked') return this.emit('ReorderInput', [this.read(value)], { channels_last: { int: 0 } }, nchwc);
    if (layout === 'filter') {
      const rows = this.transpose(this.reshape(this.read(value), [n, c, h * w]), [1, 0, 2]);
      const lanes = this.transpose(this.reshape(rows, [(c * n) / block, block, h * w]), [0, 2, 1]);
      return this.reshape(lanes, [c, n / block, h * w, block]);
    }
    const filter = forms.get('filter');
    if (!filter) return this.emit('ReorderOutput', [forms.get('blocked')!], { channels: { int: c }, channels_last: { int: 0 } }, nchwc);
    const rows = this.transpose(this.reshape(filter, [(c * n) / block, h * w, block]), [0, 2, 1]);
    return this.reshape(this.transpose(this.reshape(rows, [c, n, h * w]), [1, 0, 2]), [n, c, h, w]);
  }

  /** The candidate that writes a node: what was measured, else the rule's preference, else the first that applies. */
  choose(node: Node): Candidate<OpName> {
    const rule = rules[node.op] as unknown as Rule<OpName>;
    const possible = rule.lowerings.filter((candidate) => candidate.applies?.(node, this) ?? true);
    const wish = this.options.plan?.get(signature(node)) ?? rule.prefer?.(node, this);
    const chosen = possible.find((candidate) => candidate.name === wish) ?? possible[0];
    if (!chosen) throw new Error(`no lowering of ${signature(node)} applies`);
    return chosen;
  }

  finish(name: string, inputs: readonly OnnxValueInfo[], outputs: readonly OnnxValueInfo[]): OnnxModel {
    const used = new Set(this.#nodes.map(({ domain }) => domain));
    const opsets: Record<string, number> = { '': 18 };
    for (const domain of used) if (domain) opsets[domain] = 1;
    const current = (names: readonly string[]) => names.map((old) => this.#renamed.get(old) ?? old);
    const nodes = this.#nodes.map((node) => ({ ...node, inputs: current(node.inputs), outputs: current(node.outputs) }));
    return {
      irVersion: 9,
      producer: 'AI Studio',
      opsets,
      metadata: this.options.metadata ?? {},
      graph: { name, nodes, initializers: this.#initializers, inputs, outputs },
    };
  }

  /** Makes `name` the name of a tensor: by renaming its producer's output where that is free to be renamed, else by a copy. */
  rename(source: string, name: string): void {
    if (!this.#renamed.has(source) && this.#nodes.some((node) => node.outputs.includes(source))) this.#renamed.set(source, name);
    else this.#nodes.push({ type: 'Identity', domain: '', name, inputs: [source], outputs: [name], attributes: {} });
  }

  initializer(name: string, tensor: Tensor): void {
    this.#initializers.set(name, tensor);
  }
}

/** Lowers what the program's outputs and updates depend on. Names of inputs, states and outputs are kept. */
export function lower(program: Program, options: LoweringOptions): Lowered {
  const lowering = new Lowering(options);
  const roots = [...program.outputs.values(), ...program.updates.values()];
  const nodes = reachable(program.graph, roots);
  const free = (shape: Shape): (number | string)[] => (options.freeBatch && shape.length ? [options.freeBatch, ...shape.slice(1)] : [...shape]);
  const held = (shape: Shape) => (options.filterStates ? filterShape(shape, options.block) : undefined);
  const inputs: OnnxValueInfo[] = [];
  const seen = new Set<number>();
  const enter = (value: Value) => {
    if (value.source.kind === 'node' || seen.has(value.id)) return;
    seen.add(value.id);
    if (value.source.kind === 'constant') return lowering.write(value, lowering.constant(value.source.tensor));
    const { kind, name } = value.source;
    const filter = kind === 'state' ? held(value.shape) : undefined;
    lowering.write(value, name, filter ? 'filter' : 'plain');
    const tensor = kind === 'state' ? options.states?.get(name) : undefined;
    if (tensor) lowering.initializer(name, tensor);
    else inputs.push({ name, dtype: value.dtype, shape: kind === 'input' ? free(value.shape) : (filter ?? value.shape) });
  };
  for (const value of [...roots, ...nodes.flatMap((node) => node.inputs)]) lowering.uses.set(value.id, (lowering.uses.get(value.id) ?? 0) + 1);
  for (const node of nodes) for (const input of node.inputs) lowering.lastReaders.set(input.id, node);
  for (const root of roots) lowering.lastReaders.delete(root.id);
  roots.forEach(enter);
  for (const node of nodes) {
    node.inputs.forEach(enter);
    lowering.choose(node).lower(lowering, node);
  }
  const outputs: OnnxValueInfo[] = [];
  const updates = new Map<string, string>();
  const leave = (name: string, value: Value, layout: Layout, shape: OnnxValueInfo['shape']) => {
    lowering.rename(lowering.read(value, layout), name);
    outputs.push({ name, dtype: value.dtype, shape });
  };
  for (const [name, value] of program.outputs) leave(name, value, 'plain', free(value.shape));
  for (const [name, value] of program.updates) {
    const filter = held(value.shape);
    updates.set(name, `${name}.next`);
    leave(`${name}.next`, value, filter ? 'filter' : 'plain', filter ?? value.shape);
  }
  return { model: lowering.finish('graph', inputs, outputs), updates };
}
