import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { PbfReader, PbfWriter } from 'pbf';
import type { DType, Shape, Tensor } from './tensor.ts';
import { bytes, elements } from './tensor.ts';

/**
 * The part of ONNX's ModelProto that the engine writes and reads (https://onnx.ai/onnx/repo-docs/IR.html; field numbers from onnx.proto).
 * A dimension is a number, or a name where it is free.
 */
export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  readonly opsets: Readonly<Record<string, number>>;
  readonly graph: OnnxGraph;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
}

export interface OnnxValueInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxNode {
  readonly type: string;
  readonly domain: string;
  readonly name: string;
  /** '' stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly tensor: Tensor }
  | { readonly graph: OnnxGraph };

/** The file is not an ONNX model, or uses something that the engine does not read. */
export class OnnxFormatError extends Error {
  override name = 'OnnxFormatError';
}

const codes: { readonly [dtype in DType]: number } = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float16: 10 };
export const dtypes = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype as DType]));
export const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7 } as const;

/** Protobuf's wire type of strings, bytes and messages. */
export const BYTES = 2;

/** Bytes of what is not a tensor; of more the buffer grows. */
const ROOM_FOR_NODES = 2 ** 20;

export function encodeOnnx(model: OnnxModel): Uint8Array {
  // As large as it will be: a buffer that grows is there twice while it does. Memory that is not written to is not taken.
  const tensors = [...model.graph.initializers.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  const out = new PbfWriter(new Uint8Array(tensors + ROOM_FOR_NODES));
  out.writeVarintField(1, model.irVersion);
  out.writeStringField(2, model.producer);
  out.writeMessage(7, writeGraph, model.graph);
  for (const [domain, version] of Object.entries(model.opsets)) out.writeMessage(8, writeOpset, { domain, version });
  for (const [key, value] of Object.entries(model.metadata)) out.writeMessage(14, writeEntry, { key, value });
  return out.finish();
}

function writeOpset(opset: { domain: string; version: number }, out: PbfWriter): void {
  out.writeStringField(1, opset.domain);
  out.writeVarintField(2, opset.version);
}

function writeEntry(entry: { key: string; value: string }, out: PbfWriter): void {
  out.writeStringField(1, entry.key);
  out.writeStringField(2, entry.value);
}

function writeGraph(graph: OnnxGraph, out: PbfWriter): void {
  for (const node of graph.nodes) out.writeMessage(1, writeNode, node);
  out.writeStringField(2, graph.name);
  for (const [name, tensor] of graph.initializers) out.writeMessage(5, writeTensor, { name, tensor });
  for (const input of graph.inputs) out.writeMessage(11, writeValueInfo, input);
  for (const output of graph.outputs) out.writeMessage(12, writeValueInfo, output);
}

function writeNode(node: OnnxNode, out: PbfWriter): void {
  for (const input of node.inputs) out.writeStringField(1, input);
  for (const output of node.outputs) out.writeStringField(2, output);
  out.writeStringField(3, node.name);
  out.writeStringField(4, node.type);
  for (const [name, attribute] of Object.entries(node.attributes)) out.writeMessage(5, writeAttribute, { name, attribute });
  if (node.domain) out.writeStringField(7, node.domain);
}

function writeAttribute({ name, attribute }: { name: string; attribute: OnnxAttribute }, out: PbfWriter): void {
  out.writeStringField(1, name);
  const kind = Object.keys(attribute)[0] as keyof typeof attributeTypes;
  if ('float' in attribute) out.writeFloatField(2, attribute.float);
  else if ('int' in attribute) out.writeVarintField(3, attribute.int);
  else if ('string' in attribute) out.writeStringField(4, attribute.string);
  else if ('tensor' in attribute) out.writeMessage(5, writeTensor, { name: '', tensor: attribute.tensor });
  else if ('graph' in attribute) out.writeMessage(6, writeGraph, attribute.graph);
  else if ('floats' in attribute) for (const value of attribute.floats) out.writeFloatField(7, value);
  else for (const value of attribute.ints) out.writeVarintField(8, value);
  out.writeVarintField(20, attributeTypes[kind]);
}

function writeTensor({ name, tensor }: { name: string; tensor: Tensor }, out: PbfWriter): void {
  for (const dimension of tensor.shape) out.writeVarintField(1, dimension);
  out.writeVarintField(2, codes[tensor.dtype]);
  if (name) out.writeStringField(8, name);
  out.writeBytesField(9, bytes(tensor));
}

function writeValueInfo(info: OnnxValueInfo, out: PbfWriter): void {
  out.writeStringField(1, info.name);
  out.writeMessage(
    2,
    (_, type) =>
      type.writeMessage(
        1,
        (_, tensor) => {
          tensor.writeVarintField(1, codes[info.dtype]);
          tensor.writeMessage(2, writeShape, info.shape);
        },
        null,
      ),
    null,
  );
}

function writeShape(shape: OnnxValueInfo['shape'], out: PbfWriter): void {
  for (const dimension of shape) {
    out.writeMessage(1, (_, dim) => (typeof dimension === 'number' ? dim.writeVarintField(1, dimension) : dim.writeStringField(2, dimension)), null);
  }
}

/** What `read` makes of bytes that may be anything. Throws OnnxFormatError, and what the disk throws. */
export function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof OnnxFormatError || (error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    throw new OnnxFormatError(`not an ONNX file: ${(error as Error).message}`);
  }
}

export type OnnxInterface = Pick<OnnxGraph, 'inputs' | 'outputs'> & Pick<OnnxModel, 'metadata'>;

/** Bytes [from, to) of a file. */
type Part = (from: number, to: number) => Uint8Array;

/**
 * What a model takes and gives and its metadata_props. Its operators and initializers, nearly all of the file, are skipped and, where it comes as a path, never
 * come into memory. Throws OnnxFormatError, and what the disk throws.
 */
export function readInterface(source: string | Uint8Array): OnnxInterface {
  if (typeof source !== 'string') return guarded(() => interfaceIn((from, to) => source.subarray(from, to), source.length));
  const file = openSync(source, 'r');
  try {
    const part = (from: number, to: number) => {
      const into = Buffer.alloc(to - from);
      return into.subarray(0, readSync(file, into, 0, into.length, from));
    };
    return guarded(() => interfaceIn(part, fstatSync(file).size));
  } finally {
    closeSync(file);
  }
}

function interfaceIn(part: Part, length: number): OnnxInterface {
  const found = { inputs: [] as OnnxValueInfo[], outputs: [] as OnnxValueInfo[], metadata: {} as Record<string, string> };
  let graphs = 0;
  for (const field of fieldsOf(part, 0, length)) {
    if (field.number === 14) {
      const { key, value } = new PbfReader(part(field.from, field.to)).readFields(readEntry, { key: '', value: '' });
      found.metadata[key] = value;
    } else if (field.number === 7) {
      graphs++;
      for (const { number, from, to } of fieldsOf(part, field.from, field.to)) {
        if (number === 11) found.inputs.push(readValueInfo(new PbfReader(part(from, to)), to - from));
        else if (number === 12) found.outputs.push(readValueInfo(new PbfReader(part(from, to)), to - from));
      }
    }
  }
  if (graphs === 0) throw new OnnxFormatError('the file holds no graph');
  return found;
}

/** A tag and a length of protobuf, or a number, are never longer than this together, in bytes. */
const LONGEST_HEAD = 20;

/** The fields of a message of protobuf that lies at [start, end) of the file, the bytes of each at [from, to). */
function* fieldsOf(part: Part, start: number, end: number): Generator<{ number: number; from: number; to: number }> {
  for (let at = start; at < end; ) {
    const head = new PbfReader(part(at, Math.min(at + LONGEST_HEAD, end)));
    const tag = head.readVarint();
    const [number, type] = [tag >>> 3, tag & 7];
    const length = type === BYTES ? head.readVarint() : null;
    if (length === null) head.skip(type);
    const from = at + head.pos;
    at = from + (length ?? 0);
    // What is skipped may lie behind the end.
    if (number === 0 || at > end) throw new OnnxFormatError('the file is torn, or no ONNX file');
    if (length !== null) yield { number, from, to: at };
  }
}

/** Floats of 16, 32 or 64 bits, by the codes of safetensors, little-endian. */
export interface Floats {
  readonly shape: Shape;
  readonly type: 'F16' | 'BF16' | 'F32' | 'F64';
  readonly bytes: Uint8Array;
}

/** The initializers of a model's graph that are floats, its operators not looked at. Throws OnnxFormatError. */
export function decodeInitializers(file: Uint8Array): Map<string, Floats> {
  const found = new Map<string, Floats>();
  let graphs = 0;
  guarded(() =>
    new PbfReader(file).readFields((field, _, pbf) => {
      if (field !== 7) return;
      graphs++;
      pbf.readMessage((inside, into, graph) => {
        if (inside !== 5) return;
        const floats = readFloats(graph);
        if (floats) into.set(floats.name, floats);
      }, found);
    }, null),
  );
  if (graphs === 0) throw new OnnxFormatError('the file holds no graph');
  return found;
}

export function readEntry(field: number, entry: { key: string; value: string }, pbf: PbfReader): void {
  if (field === 1) entry.key = pbf.readString();
  else if (field === 2) entry.value = pbf.readString();
}

export interface TensorParts {
  name: string;
  code: number;
  readonly shape: number[];
  raw: Uint8Array | undefined;
  external: boolean;
}

/** What tensors of all types have. */
export function readTensorField(field: number, found: TensorParts, inner: PbfReader): void {
  if (field === 1) inner.type === BYTES ? inner.readPackedVarint(found.shape, true) : found.shape.push(inner.readVarint(true));
  else if (field === 2) found.code = inner.readVarint();
  else if (field === 8) found.name = inner.readString();
  else if (field === 9) found.raw = inner.readBytes();
  else if (field === 14) found.external = inner.readVarint() === 1;
}

/** Elements of a tensor that holds so many. Throws OnnxFormatError where its shape says otherwise. */
export function counted({ name, shape, external }: TensorParts, held: number): number {
  if (external) throw new OnnxFormatError(`the tensor ${name} is kept in another file, which is not supported`);
  const count = elements(shape);
  if (shape.some((dimension) => dimension < 0) || held !== count) throw new OnnxFormatError(`the tensor ${name} of shape [${shape}] holds ${held} values`);
  return count;
}

/** By the element types of TensorProto. */
const floatTypes = new Map<number, readonly [Floats['type'], number]>([
  [1, ['F32', 4]],
  [10, ['F16', 2]],
  [11, ['F64', 8]],
  [16, ['BF16', 2]],
]);

/** null for what is no float, or a float not of 32 bits that is written otherwise than as its bytes; its elements are not even looked at, since a byte each may stand for a number each. */
function readFloats(pbf: PbfReader): ({ name: string } & Floats) | null {
  const parts = { name: '', code: 0, shape: [] as number[], raw: undefined as Uint8Array | undefined, values: [] as number[], external: false };
  pbf.readMessage((field, found, inner) => {
    if (field === 4) inner.type === BYTES ? inner.readPackedFloat(found.values) : found.values.push(inner.readFloat());
    else readTensorField(field, found, inner);
  }, parts);
  const known = floatTypes.get(parts.code);
  if (known === undefined) return null;
  const [type, width] = known;
  if (type !== 'F32' && parts.raw === undefined && !parts.external) return null;
  const { name, shape, raw, values } = parts;
  counted(parts, raw ? raw.byteLength / width : values.length);
  return { name, shape, type, bytes: raw ?? new Uint8Array(Float32Array.from(values).buffer) };
}

export function readValueInfo(pbf: PbfReader, end = pbf.readVarint() + pbf.pos): OnnxValueInfo {
  const info = { name: '', code: 0, shape: [] as (number | string)[] };
  const readDimension = (field: number, found: { size: number | string }, inner: PbfReader) => {
    if (field === 1) found.size = inner.readVarint(true);
    else if (field === 2) found.size = inner.readString();
  };
  const readShape = (field: number, _: null, inner: PbfReader) => {
    if (field === 1) info.shape.push(inner.readMessage(readDimension, { size: '?' as number | string }).size);
  };
  const readTensorType = (field: number, _: null, inner: PbfReader) => {
    if (field === 1) info.code = inner.readVarint();
    else if (field === 2) inner.readMessage(readShape, null);
  };
  const readType = (field: number, _: null, inner: PbfReader) => {
    if (field === 1) inner.readMessage(readTensorType, null);
  };
  pbf.readFields(
    (field, found, inner) => {
      if (field === 1) found.name = inner.readString();
      else if (field === 2) inner.readMessage(readType, null);
    },
    info,
    end,
  );
  const dtype = dtypes.get(info.code);
  if (!dtype) throw new OnnxFormatError(`${info.name} has an element type that is not supported (${info.code})`);
  return { name: info.name, dtype, shape: info.shape };
}
