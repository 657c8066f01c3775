import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeSafetensors, encodeSafetensors, SafetensorsError, safetensorsPieces } from './safetensors.ts';
import type { Tensor } from './tensor.ts';

const tensors = new Map<string, Tensor>([
  ['fc.weight', { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, Number.NEGATIVE_INFINITY) }],
  ['steps', { dtype: 'int64', shape: [], data: BigInt64Array.of(-3n) }],
  ['half', { dtype: 'float16', shape: [1], data: Uint16Array.of(0x3c00) }],
  ['mask', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['none', { dtype: 'uint8', shape: [0, 4], data: new Uint8Array(0) }],
]);

/** A file with any header over `size` bytes of data. */
function file(header: unknown, size: number, length?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const tensor = (from: number, to: number, shape: unknown = [(to - from) / 4], dtype = 'F32') => ({ dtype, shape, data_offsets: [from, to] });

const refused = (bytes: Uint8Array, reason: RegExp) =>
  assert.throws(
    () => decodeSafetensors(bytes),
    (error: Error) => error instanceof SafetensorsError && reason.test(error.message),
  );

test('tensors and metadata survive being written and read', () => {
  const found = decodeSafetensors(encodeSafetensors(tensors, { format: 'pt', note: '검사' }));
  assert.equal(found.tensors, tensors);
  assert.equal(found.metadata, { format: 'pt', note: '검사' });
});

test('the pieces of a file are the tensors’ own memory, and a file that is read is not copied', () => {
  const [beginning, ...pieces] = safetensorsPieces(tensors);
  assert.is(beginning!.length % 8, 0);
  assert.ok([...tensors.values()].every(({ data }, index) => pieces[index]!.buffer === data.buffer));
  const bytes = encodeSafetensors(tensors);
  assert.equal(new Uint8Array(Buffer.concat([beginning!, ...pieces])), bytes);
  assert.is(decodeSafetensors(bytes).tensors.get('fc.weight')!.data.buffer, bytes.buffer);
  // Where it lies askew in memory, elements cannot be seen in place.
  const askew = Buffer.alloc(bytes.length + 3).subarray(3);
  askew.set(bytes);
  assert.equal(decodeSafetensors(askew).tensors, tensors);
});

test('data begin at a multiple of 8 bytes', () => {
  const bytes = encodeSafetensors(tensors);
  assert.is(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8, 0);
});

test('a file that was cut short is refused', () => {
  const bytes = encodeSafetensors(tensors);
  refused(bytes.subarray(0, 4), /shorter than 8/);
  refused(bytes.subarray(0, 30), /the header has/);
  refused(bytes.subarray(0, bytes.length - 1), /cut short/);
});

test('a huge header is refused before it is read', () => {
  refused(file('{}', 0, 2 ** 40), /too long/);
  refused(file('{}', 0, 99_000_000), /the header has/);
});

test('a header that is not what it should be is refused', () => {
  refused(file('{"a":', 0), /not JSON/);
  refused(file([1], 0), /not a JSON object/);
  refused(file({ a: 1 }, 0), /not described/);
  refused(file({ a: tensor(0, 4, [1], 'F99') }, 4), /element type/);
  refused(file({ a: tensor(0, 4, [-1]) }, 4), /shape/);
  refused(file({ a: tensor(0, 4, 'x') }, 4), /shape/);
  refused(file({ a: { dtype: 'F32', shape: [1], data_offsets: [0] } }, 4), /offsets/);
  refused(file({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 0] } }, 4), /offsets are wrong/);
  refused(file({ a: { dtype: 'F32', shape: [1], data_offsets: [0.5, 4.5] } }, 8), /offsets/);
  refused(file({ __metadata__: { a: 1 } }, 0), /metadata/);
});

test('offsets must lie within the file, fit the shapes, and neither overlap nor leave gaps', () => {
  refused(file({ a: tensor(0, 4), b: tensor(2, 6) }, 6), /b overlaps/);
  refused(file({ a: tensor(0, 4), b: tensor(8, 12) }, 12), /b leaves a gap/);
  refused(file({ a: tensor(0, 4) }, 8), /end at byte 4 of 8/);
  refused(file({ a: tensor(0, 400) }, 8), /cut short/);
  refused(file({ a: tensor(0, 8, [1]) }, 8), /does not take 8 bytes/);
  refused(file({ a: tensor(0, 8, [2 ** 52, 2 ** 52]) }, 8), /does not take/);
});

test.run();
