/**
 * State dicts as torch.save writes them: a zip with a pickle and a file for each storage (since 1.6), or pickles with the storages behind them (before; many
 * published weights are still of that kind). Formats: torch/serialization.py and torch/_utils.py of PyTorch 1.13 and 2.
 */
import type { FileHandle } from 'node:fs/promises';
import type yauzl from 'yauzl';
import { openZipFile } from '../store/zip-file.ts';
import { readExactly, type StoredTensor, WeightsError } from './file.ts';
import { PickleError, type PickleGlobal, type PickleRules, readPickle } from './pickle.ts';
import { ELEMENT_BYTES, type ElementType, toFloat32 } from './values.ts';

const MOST_ENTRIES = 20_000;
/** A pickle of names and shapes is a few hundred kilobytes. */
const LONGEST_PICKLE = 32 * 2 ** 20;
/** How much more of a storage a tensor may span than it has elements: a part of a larger one spans the whole. */
const WIDEST_SPAN = 8;
/** Elements up to which a tensor may have more of them than its storage, one standing for many (a stride of 0, as `expand` makes it). */
const REPEATED = 2 ** 20;

interface Storage {
  readonly key: string;
  /** null: integers. */
  readonly type: ElementType | null;
  readonly width: number;
  readonly count: number;
}

interface TorchTensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

class Tensor implements TorchTensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor({ storage, offset, shape, strides }: TorchTensor) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const areCounts = (value: unknown): value is number[] => Array.isArray(value) && value.length <= 8 && value.every(isCount);

const refuse = (reason: string): never => {
  throw new PickleError(reason);
};

function rebuild([storage, offset, shape, strides]: readonly unknown[]): Tensor {
  const of = storage as Storage | null;
  if (typeof of !== 'object' || of === null || !isCount(of.count)) return refuse('a tensor has no storage');
  if (!isCount(offset) || !areCounts(shape) || !areCounts(strides) || shape.length !== strides.length) return refuse('a tensor has no proper shape');
  const elements = shape.reduce((product, size) => product * size, 1);
  const last = elements === 0 ? 0 : offset + shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, 0) + 1;
  if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(last) || last > of.count) {
    return refuse(`a tensor of shape [${shape}] reaches to element ${last} of a storage of ${of.count}`);
  }
  return new Tensor({ storage: of, offset, shape, strides });
}

const STORAGES: { readonly [name: string]: readonly [ElementType | null, number] } = {
  FloatStorage: ['F32', 4],
  DoubleStorage: ['F64', 8],
  HalfStorage: ['F16', 2],
  BFloat16Storage: ['BF16', 2],
  LongStorage: [null, 8],
  IntStorage: [null, 4],
  ShortStorage: [null, 2],
  CharStorage: [null, 1],
  ByteStorage: [null, 1],
  BoolStorage: [null, 1],
};

const entry = (name: string, make?: PickleGlobal['make']): [string, PickleGlobal] => [name, make === undefined ? { name } : { name, make }];
const GLOBALS: ReadonlyMap<string, PickleGlobal> = new Map([
  entry('collections.OrderedDict', (args) => {
    const [pairs = []] = args;
    if (!Array.isArray(pairs)) return refuse('a dict is not made of pairs');
    return new Map(pairs.map((pair: unknown) => (Array.isArray(pair) && pair.length === 2 ? [pair[0], pair[1]] : refuse('a dict is not made of pairs'))));
  }),
  entry('torch._utils._rebuild_tensor', rebuild),
  entry('torch._utils._rebuild_tensor_v2', rebuild),
  entry('torch._utils._rebuild_parameter', ([data]) => data),
  ...Object.keys(STORAGES).map((name) => entry(`torch.${name}`)),
]);

/** `known` collects the storages that the pickle names. */
function rulesFor(known: Map<string, Storage>): PickleRules {
  return {
    globals: GLOBALS,
    persistent(id) {
      if (!Array.isArray(id) || id[0] !== 'storage') return refuse('it refers to something outside that is no storage');
      const [, kind, key, , count, view] = id as unknown[];
      const of = STORAGES[String((kind as PickleGlobal | null)?.name).replace(/^torch\./, '')];
      if (of === undefined || typeof key !== 'string' || !isCount(count)) return refuse('a storage is not described properly');
      if (view !== undefined && view !== null) return refuse('a storage is a part of another one, which is not read');
      const before = known.get(key);
      if (before !== undefined && (before.count !== count || before.type !== of[0])) return refuse(`the storage ${key} is described in two ways`);
      const storage = before ?? { key, type: of[0], width: of[1], count };
      known.set(key, storage);
      return storage;
    },
  };
}

/** Bytes of a storage, counted from its start. */
type ReadStorage = (storage: Storage, from: number, length: number) => Promise<Uint8Array>;

function stored(tensor: Tensor, type: ElementType, read: ReadStorage): StoredTensor {
  const { storage, offset, shape, strides } = tensor;
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > Math.max(storage.count, REPEATED))
    throw new WeightsError('damaged', `a tensor of shape [${shape}] lies in a storage of ${storage.count} elements`);
  const span = count === 0 ? 0 : 1 + shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, 0);
  if (span > WIDEST_SPAN * count + REPEATED) throw new WeightsError('damaged', `a tensor of ${count} elements is strewn over ${span}`);
  return {
    shape,
    async values() {
      if (count === 0) return new Float32Array(0);
      const width = ELEMENT_BYTES[type];
      const flat = toFloat32(await read(storage, offset * width, span * width), type);
      return isContiguous(shape, strides) ? flat : gathered(flat, shape, strides, count);
    },
  };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== step) return false;
    step *= shape[axis]!;
  }
  return true;
}

function gathered(flat: Float32Array, shape: readonly number[], strides: readonly number[], count: number): Float32Array {
  const values = new Float32Array(count);
  const index = shape.map(() => 0);
  let from = 0;
  for (let at = 0; at < count; at++) {
    values[at] = flat[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return values;
}

/** Where training scripts keep the weights in what they save; the first of these that holds as many as any. */
const NESTS = ['state_dict', 'model', 'model_state_dict', 'state_dict_ema', 'model_ema', 'net', 'weights'];
/** How many dicts down the weights may lie. The state that an optimizer keeps of one weight lies deeper. */
const DEEPEST = 2;

/** The tensors of a saved value: of that dict in it, or of itself, which holds most of them. Scripts save single tensors beside the weights: a best accuracy, a loss. */
function tensorsOf(value: unknown, read: ReadStorage): Map<string, StoredTensor> {
  if (!(value instanceof Map)) throw new WeightsError('foreign', 'the file holds no dict of tensors');
  let most: [string, Tensor, ElementType][] = [];
  // Each dict once, however often it is referred to.
  const depths = new Map<ReadonlyMap<unknown, unknown>, number>([[value, 0]]);
  for (const [dict, depth] of depths) {
    const found = [...dict].flatMap(([name, tensor]): typeof most =>
      typeof name === 'string' && tensor instanceof Tensor && tensor.storage.type !== null ? [[name, tensor, tensor.storage.type]] : [],
    );
    if (found.length > most.length) most = found;
    if (depth === DEEPEST) continue;
    for (const inside of [...NESTS.map((nest) => dict.get(nest)), ...dict.values()]) {
      if (inside instanceof Map && !depths.has(inside)) depths.set(inside, depth + 1);
    }
  }
  if (most.length === 0) throw new WeightsError('foreign', 'the file holds no tensors');
  return new Map(most.map(([name, tensor, type]) => [name, stored(tensor, type, read)]));
}

function parsed<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof PickleError) {
      throw new WeightsError(error.message.startsWith('the pickle is damaged') ? 'damaged' : 'foreign', error.message, error.refused);
    }
    throw error;
  }
}

/** Since 1.6: NAME/data.pkl and NAME/data/KEY, not compressed. */
export async function readTorchZip(path: string): Promise<{ tensors: Map<string, StoredTensor>; close(): Promise<void> }> {
  const damaged = (error: unknown): never => {
    throw error instanceof WeightsError ? error : new WeightsError('damaged', (error as Error).message);
  };
  const zip = await openZipFile(path, { decodeStrings: true }).catch(damaged);
  const close = async () => zip.close();
  try {
    if (zip.entryCount > MOST_ENTRIES) throw new WeightsError('damaged', `the zip has ${zip.entryCount} entries`);
    const entries = new Map<string, yauzl.Entry>();
    for await (const found of zip.eachEntry()) {
      if (found.compressionMethod !== 0 || found.isEncrypted())
        throw new WeightsError('foreign', `${found.fileName} is compressed, which torch.save never does`);
      entries.set(found.fileName, found);
    }
    const pickle = [...entries.values()].find(({ fileName }) => /^[^/]+\/data\.pkl$/.test(fileName));
    if (pickle === undefined) throw new WeightsError('foreign', 'the zip has no data.pkl: it was not written by torch.save, or holds a program (TorchScript)');
    if (pickle.uncompressedSize > LONGEST_PICKLE) throw new WeightsError('foreign', `data.pkl has ${pickle.uncompressedSize} bytes`);
    const root = pickle.fileName.slice(0, -'data.pkl'.length);
    if (entries.has(`${root}constants.pkl`)) throw new WeightsError('foreign', 'the file holds a program (TorchScript), not weights alone');
    const bytesOf = async (of: yauzl.Entry, from: number, length: number): Promise<Uint8Array> => {
      if (from + length > of.uncompressedSize)
        throw new WeightsError('damaged', `${of.fileName} has ${of.uncompressedSize} bytes, ${from + length} are needed`);
      const chunks: Uint8Array[] = [];
      for await (const chunk of await zip.openReadStreamPromise(of, { start: from, end: from + length })) chunks.push(chunk as Uint8Array);
      const bytes = Buffer.concat(chunks);
      if (bytes.length !== length) throw new WeightsError('damaged', `${of.fileName} is cut short`);
      return bytes;
    };
    const order = entries.get(`${root}byteorder`);
    if (order !== undefined && Buffer.from(await bytesOf(order, 0, order.uncompressedSize)).toString() !== 'little') {
      throw new WeightsError('type', 'the file was written by a big-endian machine');
    }
    const known = new Map<string, Storage>();
    const content = await bytesOf(pickle, 0, pickle.uncompressedSize);
    const { value } = parsed(() => readPickle(content, rulesFor(known)));
    for (const { key, width, count } of known.values()) {
      const of = entries.get(`${root}data/${key}`);
      if (of === undefined) throw new WeightsError('damaged', `the storage ${key} is missing`);
      if (of.uncompressedSize < width * count) throw new WeightsError('damaged', `the storage ${key} has ${of.uncompressedSize} bytes of ${width * count}`);
    }
    const tensors = tensorsOf(value, ({ key }, from, length) => bytesOf(entries.get(`${root}data/${key}`)!, from, length).catch(damaged));
    return { tensors, close };
  } catch (error) {
    await close();
    return damaged(error);
  }
}

/** 0x1950a86a20f9469cfc6c, pickled: the protocol, from 4 on a frame of so many bytes, the number. */
const LEGACY_MAGIC = /^80(0[23]|0[45](95.{16}))8a0a6cfc9c46f9206aa850192e/;
export const isLegacyTorch = (beginning: Uint8Array): boolean => LEGACY_MAGIC.test(Buffer.from(beginning.subarray(0, 64)).toString('hex'));

/** Before 1.6: magic number, version, machine, value, keys of the storages, then each storage with its length. */
export async function readTorchLegacy(file: FileHandle, size: number): Promise<Map<string, StoredTensor>> {
  const beginning = await readExactly(file, 0, Math.min(size, LONGEST_PICKLE));
  const known = new Map<string, Storage>();
  const rules = rulesFor(known);
  const parts: unknown[] = [];
  let at = 0;
  for (let part = 0; part < 5; part++) {
    const { value, end } = parsed(() => readPickle(beginning, rules, at));
    parts.push(value);
    at = end;
  }
  const [, version, machine, value, keys] = parts;
  if (version !== 1001) throw new WeightsError('damaged', `version ${String(version)} of the old format`);
  if (machine instanceof Map && machine.get('little_endian') !== true) throw new WeightsError('type', 'the file was written by a big-endian machine');
  if (!Array.isArray(keys)) throw new WeightsError('damaged', 'the list of storages is missing');
  const places = new Map<string, number>();
  for (const key of keys) {
    const storage = known.get(String(key));
    if (storage === undefined) throw new WeightsError('damaged', `the storage ${String(key)} belongs to nothing`);
    const count = Buffer.from(await readExactly(file, at, 8)).readBigInt64LE();
    if (count !== BigInt(storage.count)) throw new WeightsError('damaged', `the storage ${storage.key} has ${count} elements of ${storage.count}`);
    places.set(storage.key, at + 8);
    at += 8 + storage.width * storage.count;
    if (at > size) throw new WeightsError('damaged', `the storage ${storage.key} ends at byte ${at} of ${size}`);
  }
  for (const key of known.keys()) if (!places.has(key)) throw new WeightsError('damaged', `the storage ${key} is missing`);
  return tensorsOf(value, ({ key }, from, length) => readExactly(file, places.get(key)! + from, length));
}
