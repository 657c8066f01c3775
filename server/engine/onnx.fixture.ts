/** What the engine writes, read back. */
import { PbfReader } from 'pbf';
import {
  attributeTypes,
  BYTES,
  counted,
  dtypes,
  guarded,
  type OnnxAttribute,
  OnnxFormatError,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxValueInfo,
  readEntry,
  readTensorField,
  readValueInfo,
} from './onnx.ts';
import { allocate, elementBytes, type Tensor } from './tensor.ts';

/** The whole of it. Throws OnnxFormatError for anything that is not a readable model: a torn file, an element type or a tensor kept outside that is not supported. */
export function decodeOnnx(file: Uint8Array): OnnxModel {
  return guarded(() => {
    const model = {
      irVersion: 0,
      producer: '',
      opsets: {} as Record<string, number>,
      metadata: {} as Record<string, string>,
      graph: undefined as OnnxGraph | undefined,
    };
    new PbfReader(file).readFields((field, _, pbf) => {
      if (field === 1) model.irVersion = pbf.readVarint(true);
      else if (field === 2) model.producer = pbf.readString();
      else if (field === 7) model.graph = readGraph(pbf);
      else if (field === 8) {
        const opset = pbf.readMessage(readOpset, { domain: '', version: 0 });
        model.opsets[opset.domain] = opset.version;
      } else if (field === 14) {
        const entry = pbf.readMessage(readEntry, { key: '', value: '' });
        model.metadata[entry.key] = entry.value;
      }
    }, null);
    if (!model.graph) throw new OnnxFormatError('the file holds no graph');
    return { ...model, graph: model.graph };
  });
}

function readOpset(field: number, opset: { domain: string; version: number }, pbf: PbfReader): void {
  if (field === 1) opset.domain = pbf.readString();
  else if (field === 2) opset.version = pbf.readVarint(true);
}

function readGraph(pbf: PbfReader): OnnxGraph {
  const graph = {
    name: '',
    nodes: [] as OnnxNode[],
    initializers: new Map<string, Tensor>(),
    inputs: [] as OnnxValueInfo[],
    outputs: [] as OnnxValueInfo[],
  };
  return pbf.readMessage((field, found, inner) => {
    if (field === 1) found.nodes.push(readNode(inner));
    else if (field === 2) found.name = inner.readString();
    else if (field === 5) {
      const { name, tensor } = readTensor(inner);
      found.initializers.set(name, tensor);
    } else if (field === 11) found.inputs.push(readValueInfo(inner));
    else if (field === 12) found.outputs.push(readValueInfo(inner));
  }, graph);
}

function readNode(pbf: PbfReader): OnnxNode {
  const node = { type: '', domain: '', name: '', inputs: [] as string[], outputs: [] as string[], attributes: {} as Record<string, OnnxAttribute> };
  return pbf.readMessage((field, found, inner) => {
    if (field === 1) found.inputs.push(inner.readString());
    else if (field === 2) found.outputs.push(inner.readString());
    else if (field === 3) found.name = inner.readString();
    else if (field === 4) found.type = inner.readString();
    else if (field === 5) Object.assign(found.attributes, readAttribute(inner));
    else if (field === 7) found.domain = inner.readString();
  }, node);
}

function readAttribute(pbf: PbfReader): Record<string, OnnxAttribute> {
  const parts = {
    name: '',
    type: 0,
    float: 0,
    int: 0,
    string: '',
    tensor: undefined as Tensor | undefined,
    graph: undefined as OnnxGraph | undefined,
    floats: [] as number[],
    ints: [] as number[],
  };
  pbf.readMessage((field, found, inner) => {
    const packed = inner.type === BYTES;
    if (field === 1) found.name = inner.readString();
    else if (field === 2) found.float = inner.readFloat();
    else if (field === 3) found.int = inner.readVarint(true);
    else if (field === 4) found.string = inner.readString();
    else if (field === 5) found.tensor = readTensor(inner).tensor;
    else if (field === 6) found.graph = readGraph(inner);
    else if (field === 7) packed ? inner.readPackedFloat(found.floats) : found.floats.push(inner.readFloat());
    else if (field === 8) packed ? inner.readPackedVarint(found.ints, true) : found.ints.push(inner.readVarint(true));
    else if (field === 20) found.type = inner.readVarint();
  }, parts);
  const { name, type, tensor, graph } = parts;
  if (type === attributeTypes.float) return { [name]: { float: parts.float } };
  if (type === attributeTypes.int) return { [name]: { int: parts.int } };
  if (type === attributeTypes.string) return { [name]: { string: parts.string } };
  if (type === attributeTypes.floats) return { [name]: { floats: parts.floats } };
  if (type === attributeTypes.ints) return { [name]: { ints: parts.ints } };
  if (type === attributeTypes.tensor && tensor) return { [name]: { tensor } };
  if (type === attributeTypes.graph && graph) return { [name]: { graph } };
  throw new OnnxFormatError(`the attribute ${name} has a type that is not supported (${type})`);
}

function readTensor(pbf: PbfReader): { name: string; tensor: Tensor } {
  const parts = { name: '', code: 0, shape: [] as number[], raw: undefined as Uint8Array | undefined, values: [] as number[], external: false };
  pbf.readMessage((field, found, inner) => {
    const packed = inner.type === BYTES;
    if (field === 4) packed ? inner.readPackedFloat(found.values) : found.values.push(inner.readFloat());
    else if (field === 5 || field === 7) packed ? inner.readPackedVarint(found.values, true) : found.values.push(inner.readVarint(true));
    else readTensorField(field, found, inner);
  }, parts);
  const dtype = dtypes.get(parts.code);
  if (!dtype) throw new OnnxFormatError(`the tensor ${parts.name} has an element type that is not supported (${parts.code})`);
  const count = counted(parts, parts.raw ? parts.raw.byteLength / elementBytes[dtype] : parts.values.length);
  const data = allocate(dtype, count);
  if (parts.raw) new Uint8Array(data.buffer).set(parts.raw);
  else if (data instanceof BigInt64Array) data.set(parts.values.map(BigInt));
  else data.set(parts.values);
  return { name: parts.name, tensor: { dtype, shape: parts.shape, data } };
}
