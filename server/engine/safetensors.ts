import type { DType, Tensor, TypedArray } from './tensor.ts';
import { allocate, bytes, elements } from './tensor.ts';

/** The bytes are not a safetensors file; the message says why. */
export class SafetensorsError extends Error {
  override name = 'SafetensorsError';
}

/** Bytes of an element, by the format's code. */
const elementSizes: ReadonlyMap<string, number> = new Map(
  Object.entries({ F64: 8, F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, F8_E5M2: 1, I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1 }),
);
const codes: { readonly [dtype in DType]: string } = { float32: 'F32', float16: 'F16', int64: 'I64', int32: 'I32', uint8: 'U8', bool: 'BOOL' };
const dtypes = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype as DType]));

/** The largest header that a file may have; the format's own limit. */
const longestHeader = 100_000_000;

/**
 * Tensors (and a free map of strings) in the format of https://huggingface.co/docs/safetensors, piece by piece: the header, then each tensor's own memory, so that a
 * file can be written without a copy of it all.
 */
export function* safetensorsPieces(tensors: ReadonlyMap<string, Tensor>, metadata: Readonly<Record<string, string>> = {}): Generator<Uint8Array, void, void> {
  const header: Record<string, unknown> = Object.keys(metadata).length ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    header[name] = { dtype: codes[dtype], shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
  // Spaces bring the data to a multiple of 8 bytes, as the reference writer does.
  const length = Math.ceil(text.length / 8) * 8;
  const beginning = new Uint8Array(8 + length);
  new DataView(beginning.buffer).setBigUint64(0, BigInt(length), true);
  beginning.fill(0x20, 8);
  beginning.set(text, 8);
  yield beginning;
  for (const tensor of tensors.values()) yield bytes(tensor);
}

/** The same as a whole. */
export function encodeSafetensors(tensors: ReadonlyMap<string, Tensor>, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const pieces = [...safetensorsPieces(tensors, metadata)];
  const file = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    file.set(piece, at);
    at += piece.byteLength;
  }
  return file;
}

export interface Safetensors {
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Record<string, string>;
}

function fail(reason: string): never {
  throw new SafetensorsError(`not a safetensors file: ${reason}`);
}

/** Where a file's data begin. `beginning`: its first 8 bytes, or what there is of them. Throws SafetensorsError where the header is longer than `longest` or the file. */
export function dataStart(beginning: Uint8Array, fileSize: number, longest = longestHeader): number {
  if (beginning.byteLength < 8) fail('it is shorter than 8 bytes');
  const length = new DataView(beginning.buffer, beginning.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(longest)) fail(`a header of ${length} bytes is too long`);
  const start = 8 + Number(length);
  if (start > fileSize) fail(`the header has ${length} bytes, the file ${fileSize}`);
  return start;
}

/** A tensor as the header describes it: its element type by the format's code, and its bytes counted from the start of the data. */
export interface Described {
  readonly name: string;
  readonly code: string;
  readonly shape: readonly number[];
  readonly from: number;
  readonly to: number;
}

/**
 * The header's tensors, every length, offset and type checked: they must fill the `size` bytes of data without a gap or an overlap, as the format asks.
 * Throws SafetensorsError.
 */
export function readHeader(text: Uint8Array, size: number): { entries: Described[]; metadata: Record<string, string> } {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text));
  } catch {
    fail('the header is not JSON');
  }
  if (!isObject(header)) return fail('the header is not a JSON object');
  const { __metadata__: strings = {}, ...entries } = header;
  if (!isObject(strings) || Object.values(strings).some((value) => typeof value !== 'string')) fail('the metadata are not strings');
  const found = Object.entries(entries).map(([name, entry]) => checked(name, entry, size));
  let end = 0;
  for (const { name, from, to } of found.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end) fail(`${name} ${from < end ? 'overlaps the tensor before it' : 'leaves a gap before it'}`);
    end = to;
  }
  if (end !== size) fail(`the tensors end at byte ${end} of ${size}`);
  return { entries: found, metadata: strings as Record<string, string> };
}

/**
 * Reads a whole file; every length, offset and type is checked first. The tensors are views of the file's memory, which stays as it is, but for those that do not lie at
 * a multiple of their elements' size. Throws SafetensorsError.
 */
export function decodeSafetensors(file: Uint8Array): Safetensors {
  const start = dataStart(file, file.byteLength);
  const { entries, metadata } = readHeader(file.subarray(8, start), file.byteLength - start);
  const tensors = new Map<string, Tensor>();
  for (const { name, code, shape, from, to } of entries) {
    const dtype = dtypes.get(code) ?? fail(`${name} has an element type that is not supported (${code})`);
    tensors.set(name, { dtype, shape, data: values(file.subarray(start + from, start + to), dtype) });
  }
  return { tensors, metadata };
}

/** The bytes as elements, without a copy where they lie as elements must. */
function values(of: Uint8Array, dtype: DType): TypedArray {
  const empty = allocate(dtype, 0);
  const aligned = of.byteOffset % empty.BYTES_PER_ELEMENT === 0 ? of : new Uint8Array(of);
  const Elements = empty.constructor as new (buffer: ArrayBufferLike, byteOffset: number, length: number) => TypedArray;
  return new Elements(aligned.buffer, aligned.byteOffset, aligned.byteLength / empty.BYTES_PER_ELEMENT);
}

function checked(name: string, entry: unknown, size: number): Described {
  if (!isObject(entry)) return fail(`${name} is not described`);
  const { dtype: code, shape, data_offsets: offsets } = entry;
  const width = typeof code === 'string' ? elementSizes.get(code) : undefined;
  if (typeof code !== 'string' || width === undefined) return fail(`${name} has an element type that is not supported (${String(code)})`);
  if (!isCounts(shape) || shape.length > 8) return fail(`${name} has no proper shape`);
  if (!isCounts(offsets) || offsets.length !== 2) return fail(`${name} has no proper offsets`);
  const [from, to] = offsets as [number, number];
  if (from > to || to > size) return fail(`${name} lies at bytes ${from} to ${to} of ${size}: the file is cut short or the offsets are wrong`);
  if (elements(shape) * width !== to - from) return fail(`${name} of shape [${shape}] does not take ${to - from} bytes`);
  return { name, code, shape, from, to };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
