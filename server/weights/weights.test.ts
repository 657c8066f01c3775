import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ZipFile } from 'yazl';
import { blueprint } from '../engine/model.ts';
import { encodeOnnx } from '../engine/onnx.ts';
import { encodeSafetensors } from '../engine/safetensors.ts';
import type { Tensor } from '../engine/tensor.ts';
import { architectures } from '../zoo/architectures.ts';
import { type StoredTensor, WeightsError } from './file.ts';
import { bestMatch, matchTo } from './match.ts';
import { ourNames } from './names.ts';
import { openWeights } from './open.ts';
import { fromHalf, toFloat32 } from './values.ts';

const dir = mkdtempSync(join(tmpdir(), 'ai-studio-test-'));
test.after(() => rmSync(dir, { recursive: true, force: true }));

/** Written by PyTorch 1.13; see fixtures/make.py. */
const fixture = (name: string) => fileURLToPath(new URL(`../../../server/weights/fixtures/${name}`, import.meta.url));

async function read(path: string): Promise<Record<string, [number[], number[]]>> {
  const file = await openWeights(path);
  try {
    const found: Record<string, [number[], number[]]> = {};
    for (const [name, tensor] of file.tensors) found[name] = [[...tensor.shape], [...(await tensor.values())]];
    return found;
  } finally {
    await file.close();
  }
}

const refusal = (path: string, memory?: number): Promise<string> =>
  openWeights(path, memory).then(
    async (file) => {
      await file.close();
      return 'read';
    },
    (error: unknown) => {
      if (!(error instanceof WeightsError)) throw error;
      return `${error.code}: ${error.message}`;
    },
  );
let files = 0;
function written(bytes: Uint8Array): string {
  const path = join(dir, String(files++));
  writeFileSync(path, bytes);
  return path;
}

const count = (from: number, to: number, step = 1) => Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
const EXPECTED: Record<string, [number[], number[]]> = {
  plain: [[2, 3, 4], count(0, 24)],
  turned: [[6, 4], count(0, 6).flatMap((column) => count(column, 24, 6))],
  slice: [
    [2, 3],
    [8, 9, 10, 14, 15, 16],
  ],
  repeated: [
    [2, 3],
    [1.5, 1.5, 1.5, -2, -2, -2],
  ],
  half: [[4], [0.5, -65504, 2 ** -24, 3.140625]],
  brain: [[3], [1, -3.140625, 1.0002555517425873e30].map(Math.fround)],
  double: [[2], [0.1, -0.2].map(Math.fround)],
  scalar: [[], [7.25]],
  parameter: [
    [1, 2],
    [3, 4],
  ],
  empty: [[0, 3], []],
};

test('what PyTorch 1.13 has written: strides, shared storages, halves, bfloat16, doubles; integers are left out', async () => {
  assert.equal(await read(fixture('tensors.pth')), EXPECTED);
});

test('the format of before 1.6, in a dict among other things and with a prefix', async () => {
  const found = await read(fixture('nested-legacy.pth'));
  assert.equal(found, Object.fromEntries(Object.entries(EXPECTED).map(([name, value]) => [`module.${name}`, value])));
});

test('a training that was stopped: its weights, not the tensors that are saved beside them', async () => {
  const weights = await read(fixture('state.pth'));
  assert.equal(Object.keys(weights), ['0.weight', '0.bias']);
  assert.equal(await read(fixture('checkpoint.pth')), weights);
  assert.equal(await read(fixture('protocol4-legacy.pth')), weights);
});

/** A state dict with one tensor `w`, its storage of so many float32 elements beside it. */
function stateDict(elements: number, shape: readonly number[], strides: readonly number[]): Promise<string> {
  const bytes = (text: string) => Buffer.from(text, 'latin1');
  const number = (code: string, value: number) => {
    const coded = Buffer.alloc(5, code);
    coded.writeInt32LE(value, 1);
    return coded;
  };
  const string = (text: string) => Buffer.concat([number('X', text.length), bytes(text)]);
  const tuple = (values: readonly number[]) => Buffer.concat([bytes('('), ...values.map((value) => number('J', value)), bytes('t')]);
  const storage = [bytes('('), string('storage'), bytes('ctorch\nFloatStorage\n'), string('0'), string('cpu'), number('J', elements), bytes('tQ')];
  const tensor = [bytes('ctorch._utils\n_rebuild_tensor_v2\n('), ...storage, number('J', 0), tuple(shape), tuple(strides), bytes('tR')];
  return zipped({ 'a/data.pkl': Buffer.concat([bytes('\x80\x02}'), string('w'), ...tensor, bytes('s.')]), 'a/data/0': Buffer.alloc(4 * elements) });
}

test('a small file cannot ask for much memory', async () => {
  assert.is((await read(await stateDict(1, [256, 4096], [0, 0]))).w![1].length, 2 ** 20);
  assert.match(await refusal(await stateDict(1, [256, 4097], [0, 0])), /^damaged: a tensor of shape \[256,4097\] lies in a storage of 1 elements/);
  assert.match(await refusal(await stateDict(1, [2 ** 16, 2 ** 16, 2 ** 16], [0, 0, 0])), /^damaged: /);
  assert.is(matchTo('resnet18', tensorsOf('resnet18', undefined, 2 ** 15)).classes, 2 ** 15);
  const { classes, misshapen } = matchTo('resnet18', tensorsOf('resnet18', undefined, 2 ** 15 + 1));
  assert.equal([classes, misshapen.map(({ name }) => name)], [null, ['fc.weight', 'fc.bias']]);
});

test('an ONNX model is read as a whole, so it may take a third of the memory', async () => {
  const initializers = new Map<string, Tensor>([
    ['w', { dtype: 'float32', shape: [2], data: Float32Array.of(1, -2) }],
    ['count', { dtype: 'int64', shape: [1], data: BigInt64Array.of(3n) }],
    ['half', { dtype: 'float16', shape: [2], data: Uint16Array.of(0x3c00, 0xc500) }],
  ]);
  const graph = { name: 'g', nodes: [], initializers, inputs: [], outputs: [] };
  const model = encodeOnnx({ irVersion: 9, producer: '', opsets: { '': 18 }, metadata: {}, graph });
  const path = written(model);
  assert.equal(await read(path), { w: [[2], [1, -2]], half: [[2], [1, -5]] });
  assert.is(await refusal(path, 3 * model.length), 'read');
  assert.match(await refusal(path, 3 * model.length - 3), /^large: an ONNX model of \d+ bytes/);
});

test('a pickle with anything but tensors is refused by its name, and nothing is run', async () => {
  assert.match(await refusal(fixture('module.pth')), /^foreign: the file holds torch\.nn\.modules\.linear\.Linear/);
  const proof = join(dir, 'proof');
  const evil = Buffer.from(`\x80\x02cposix\nsystem\nX${'\x00'.repeat(0)}`, 'latin1');
  const command = Buffer.from(`touch ${proof}`);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(command.length);
  const attack = Buffer.concat([evil, length, command, Buffer.from('\x85R.', 'latin1')]);
  assert.match(await refusal(await zipped({ 'a/data.pkl': attack })), /^foreign: the file holds posix\.system/);
  assert.not.ok(existsSync(proof));
  const reduced = Buffer.from('\x80\x02ctorch\nFloatStorage\n)R.', 'latin1');
  assert.match(await refusal(await zipped({ 'a/data.pkl': reduced })), /^foreign: the pickle calls something/);
  assert.match(await refusal(await zipped({ 'a/data.pkl': Buffer.from('\x80\x02cbuiltins\neval\n.', 'latin1') })), /builtins\.eval/);
  assert.match(await refusal(await zipped({ 'a/data.pkl': Buffer.from('\x80\x02ccollections\nOrderedDict\n)\x81.', 'latin1') })), /does not need|do not need/);
  assert.match(await refusal(await zipped({ 'a/data.pkl': Buffer.from('\x80\x02}.', 'latin1'), 'a/constants.pkl': Buffer.from('x') })), /TorchScript/);
  assert.match(await refusal(await zipped({ 'readme.txt': Buffer.from('x') })), /no data\.pkl/);
});

async function zipped(entries: Record<string, Buffer>, compress = false): Promise<string> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(entries)) zip.addBuffer(content, name, { compress });
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return written(Buffer.concat(chunks));
}

test('cut short, contradictory, compressed: refused with a reason, wherever it is cut', async () => {
  const legacy = readFileSync(fixture('nested-legacy.pth'));
  for (let length = 16; length < legacy.length; length += 97) assert.match(await refusal(written(legacy.subarray(0, length))), /^damaged: /, `${length} bytes`);
  const zip = readFileSync(fixture('state.pth'));
  for (const length of [100, 600, zip.length - 30]) assert.match(await refusal(written(zip.subarray(0, length))), /^damaged: /);
  assert.match(await refusal(await zipped({ 'a/data.pkl': Buffer.from('\x80\x02}.', 'latin1') }, true)), /^foreign: .*compressed/);
  // A directory that lies where no file can have a byte: what the system throws then is a reason like any other.
  const astray = Buffer.from(zip);
  const locator = astray.lastIndexOf(Buffer.from('PK\x06\x07', 'latin1'));
  assert.ok(locator > 0);
  astray.writeBigUInt64LE(2n ** 63n, locator + 8);
  assert.match(await refusal(written(astray)), /^damaged: /);
  // A storage that the pickle says to be larger than it is.
  const state = await openZip(fixture('state.pth'));
  const small = Object.fromEntries(Object.entries(state).map(([name, content]) => [name, name.endsWith('/data/0') ? content.subarray(0, 4) : content]));
  assert.match(await refusal(await zipped(small)), /^damaged: the storage 0 has 4 bytes of 16/);
  assert.match(await refusal(written(Buffer.from('hello, this is not a file of weights at all'))), /^unknown: /);
});

async function openZip(path: string): Promise<Record<string, Buffer>> {
  const { default: yauzl } = await import('yauzl');
  const zip = await yauzl.openPromise(path, { autoClose: false });
  const found: Record<string, Buffer> = {};
  for await (const entry of zip.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    found[entry.fileName] = Buffer.concat(chunks);
  }
  zip.close();
  return found;
}

const safetensors = (header: unknown, data = 0): string => {
  const text = Buffer.from(JSON.stringify(header));
  const file = Buffer.alloc(8 + text.length + data);
  file.writeBigUInt64LE(BigInt(text.length));
  text.copy(file, 8);
  return written(file);
};

test('safetensors: halves are widened; overlaps, gaps, huge headers and odd types are refused', async () => {
  const one = (dtype: string, shape: number[], data_offsets: number[]) => ({ dtype, shape, data_offsets });
  assert.equal(await read(safetensors({ a: one('BF16', [2], [0, 4]), b: one('I64', [1], [4, 12]), c: one('F16', [1], [12, 14]) }, 14)), {
    a: [[2], [0, 0]],
    c: [[1], [0]],
  });
  assert.match(await refusal(safetensors({ a: one('F32', [2], [0, 8]), b: one('F32', [2], [4, 12]) }, 12)), /overlaps/);
  assert.match(await refusal(safetensors({ a: one('F32', [1], [0, 4]), b: one('F32', [1], [8, 12]) }, 12)), /gap/);
  assert.match(await refusal(safetensors({ a: one('F32', [2 ** 40], [0, 8]) }, 8)), /does not take 8 bytes/);
  assert.match(await refusal(safetensors({ a: one('F32', [-1], [0, 4]) }, 4)), /no proper shape/);
  assert.match(await refusal(safetensors({ a: one('C64', [1], [0, 8]) }, 8)), /element type/);
  assert.match(await refusal(safetensors({ a: one('F8_E4M3', [4], [0, 4]) }, 4)), /^type: /);
  const huge = Buffer.alloc(64);
  huge.writeBigUInt64LE(2n ** 40n);
  huge[8] = 0x7b;
  assert.match(await refusal(written(huge)), /^damaged: .*too long/);
  huge.writeBigUInt64LE(1000n);
  assert.match(await refusal(written(huge)), /^damaged: .*the file 64/);
});

test('halves: subnormal, infinite, not a number', () => {
  assert.equal([0, 0x8000, 1, 0x3ff, 0x400, 0x3c00, 0x7bff, 0xfc00].map(fromHalf), [
    0,
    -0,
    2 ** -24,
    1023 * 2 ** -24,
    2 ** -14,
    1,
    65504,
    Number.NEGATIVE_INFINITY,
  ]);
  assert.ok(Number.isNaN(fromHalf(0x7e00)));
  assert.equal([...toFloat32(Uint8Array.of(0, 0, 0xf0, 0x3f), 'BF16')], [0, 1.875]);
});

// ---------------------------------------------------------------- names and shapes

type Architecture = keyof typeof architectures;
const shapesOf = (architecture: Architecture, classes = 1000) =>
  new Map(blueprint(architectures[architecture], classes, 64).parameters.map(({ name, shape }) => [name, shape]));
const stored = (shape: readonly number[]): StoredTensor => ({ shape, values: async () => new Float32Array(shape.reduce((a, b) => a * b, 1)) });
const tensorsOf = (architecture: Architecture, rename: (name: string) => string = (name) => name, classes = 1000) =>
  new Map([...shapesOf(architecture, classes)].map(([name, shape]) => [rename(name), stored(shape)]));
const breathe = async () => {};

test('each architecture is told from all the others', async () => {
  for (const name of ['resnet18', 'resnet34', 'densenet121', 'efficientnet_b0', 'efficientnet_b1', 'mobilenet_v3_small', 'smallnet'] as const) {
    const { architecture, missing, unexpected, misshapen, classes } = await bestMatch(tensorsOf(name), breathe);
    assert.equal({ architecture, missing, unexpected, misshapen, classes }, { architecture: name, missing: [], unexpected: [], misshapen: [], classes: 1000 });
  }
});

test('prefixes, other class counts, a missing head, other shapes, more than is needed', async () => {
  const wrapped = await bestMatch(
    tensorsOf('resnet18', (name) => `module.model.${name}`, 7),
    breathe,
  );
  assert.equal([wrapped.architecture, wrapped.classes, wrapped.matched.get('fc.weight')!.from], ['resnet18', 7, 'module.model.fc.weight']);
  // What a wrapper keeps for itself does not stand in the way of its prefix.
  const besides = tensorsOf('resnet18', (name) => `model.${name}`).set('criterion.weight', stored([7]));
  const { missing: absent, unexpected: left } = await bestMatch(besides, breathe);
  assert.equal([absent, left], [[], ['criterion.weight']]);
  const tensors = tensorsOf('resnet18');
  tensors.delete('fc.weight');
  tensors.set('conv1.weight', stored([64, 1, 7, 7]));
  tensors.set('aux.weight', stored([3]));
  const { missing, misshapen, unexpected, classes } = matchTo('resnet18', tensors);
  assert.equal([missing, misshapen.map(({ name }) => name), unexpected, classes], [['fc.weight'], ['conv1.weight', 'fc.bias'], ['aux.weight'], null]);
});

/** What timm calls the weights of torchvision's name; written down from timm's modules, apart from the reader's own table. */
const TIMM: Record<string, [Architecture, Record<string, string>]> = {
  efficientnet_b0: [
    'efficientnet_b0',
    {
      'conv_stem.weight': 'features.0.0.weight',
      'bn1.running_var': 'features.0.1.running_var',
      'blocks.0.0.conv_dw.weight': 'features.1.0.block.0.0.weight',
      'blocks.0.0.se.conv_reduce.bias': 'features.1.0.block.1.fc1.bias',
      'blocks.0.0.conv_pw.weight': 'features.1.0.block.2.0.weight',
      'blocks.0.0.bn2.bias': 'features.1.0.block.2.1.bias',
      'blocks.1.1.conv_pw.weight': 'features.2.1.block.0.0.weight',
      'blocks.1.1.bn1.weight': 'features.2.1.block.0.1.weight',
      'blocks.1.1.conv_dw.weight': 'features.2.1.block.1.0.weight',
      'blocks.1.1.bn2.running_mean': 'features.2.1.block.1.1.running_mean',
      'blocks.1.1.se.conv_expand.weight': 'features.2.1.block.2.fc2.weight',
      'blocks.1.1.conv_pwl.weight': 'features.2.1.block.3.0.weight',
      'blocks.1.1.bn3.weight': 'features.2.1.block.3.1.weight',
      'conv_head.weight': 'features.8.0.weight',
      'bn2.weight': 'features.8.1.weight',
      'classifier.bias': 'classifier.1.bias',
    },
  ],
  mobilenetv2_100: [
    'mobilenet_v2',
    {
      'conv_stem.weight': 'features.0.0.weight',
      'blocks.0.0.conv_dw.weight': 'features.1.conv.0.0.weight',
      'blocks.0.0.bn1.weight': 'features.1.conv.0.1.weight',
      'blocks.0.0.conv_pw.weight': 'features.1.conv.1.weight',
      'blocks.0.0.bn2.weight': 'features.1.conv.2.weight',
      'blocks.1.0.conv_pw.weight': 'features.2.conv.0.0.weight',
      'blocks.1.0.conv_dw.weight': 'features.2.conv.1.0.weight',
      'blocks.1.0.conv_pwl.weight': 'features.2.conv.2.weight',
      'blocks.1.0.bn3.bias': 'features.2.conv.3.bias',
      'blocks.1.1.conv_pw.weight': 'features.3.conv.0.0.weight',
      'conv_head.weight': 'features.18.0.weight',
      'bn2.running_mean': 'features.18.1.running_mean',
      'classifier.weight': 'classifier.1.weight',
    },
  ],
  mobilenetv3_small_100: [
    'mobilenet_v3_small',
    {
      'blocks.0.0.conv_dw.weight': 'features.1.block.0.0.weight',
      'blocks.0.0.se.conv_reduce.weight': 'features.1.block.1.fc1.weight',
      'blocks.0.0.conv_pw.weight': 'features.1.block.2.0.weight',
      'blocks.1.0.conv_pw.weight': 'features.2.block.0.0.weight',
      'blocks.1.0.conv_dw.weight': 'features.2.block.1.0.weight',
      'blocks.1.0.conv_pwl.weight': 'features.2.block.2.0.weight',
      'blocks.1.0.bn3.weight': 'features.2.block.2.1.weight',
      'blocks.5.0.conv.weight': 'features.12.0.weight',
      'blocks.5.0.bn1.weight': 'features.12.1.weight',
      'conv_head.weight': 'classifier.0.weight',
      'classifier.weight': 'classifier.3.weight',
    },
  ],
};
/** Blocks of each of timm's stages. */
const STAGES: Record<string, number[]> = {
  efficientnet_b0: [1, 2, 2, 3, 3, 4, 1],
  mobilenetv2_100: [1, 2, 3, 4, 3, 3, 1],
  mobilenetv3_small_100: [1, 2, 3, 2, 3, 1],
};

/** A whole state dict as timm would name it, made of our shapes. */
function asTimm(model: string): Map<string, StoredTensor> {
  const [architecture] = TIMM[model]!;
  const tensors = new Map<string, StoredTensor>();
  const blocks = STAGES[model]!.flatMap((blocksOf, stage) => count(0, blocksOf).map((block) => `blocks.${stage}.${block}`));
  for (const [name, shape] of shapesOf(architecture)) tensors.set(timmFor(architecture, name, blocks), stored(shape));
  if (architecture === 'mobilenet_v3_small') {
    const head = tensors.get('conv_head.weight')!;
    tensors.set('conv_head.weight', stored([...head.shape, 1, 1]));
  }
  return tensors;
}

function timmFor(architecture: Architecture, name: string, blocks: readonly string[]): string {
  const parts = name.split('.');
  const leaf = parts.at(-1)!;
  const place = Number(parts[1]);
  if (name.startsWith('features.0.')) return `${parts[2] === '0' ? 'conv_stem' : 'bn1'}.${leaf}`;
  if (architecture === 'efficientnet_b0') {
    if (place === 8) return `${parts[2] === '0' ? 'conv_head' : 'bn2'}.${leaf}`;
    if (name.startsWith('classifier')) return `classifier.${leaf}`;
    const wide = place === 1 ? 0 : 1;
    return `blocks.${place - 1}.${parts[2]}.${layerOf(Number(parts[4]), parts[5]!, wide, true)}.${leaf}`;
  }
  if (architecture === 'mobilenet_v2') {
    if (place === 18) return `${parts[2] === '0' ? 'conv_head' : 'bn2'}.${leaf}`;
    if (name.startsWith('classifier')) return `classifier.${leaf}`;
    const wide = place === 1 ? 0 : 1;
    const at = Number(parts[3]);
    if (at <= wide) return `${blocks[place - 1]}.${layerOf(at, parts[4]!, wide, false)}.${leaf}`;
    return `${blocks[place - 1]}.${at === wide + 1 ? (wide ? 'conv_pwl' : 'conv_pw') : `bn${wide + 2}`}.${leaf}`;
  }
  if (name.startsWith('classifier.0')) return `conv_head.${leaf}`;
  if (name.startsWith('classifier.3')) return `classifier.${leaf}`;
  if (place === blocks.length) return `${blocks[place - 1]}.${parts[2] === '0' ? 'conv' : 'bn1'}.${leaf}`;
  const wide = place === 1 ? 0 : 1;
  const squeezes = [1, 4, 5, 6, 7, 8, 9, 10, 11].includes(place);
  return `${blocks[place - 1]}.${layerOf(Number(parts[3]), parts[4]!, wide, squeezes)}.${leaf}`;
}

function layerOf(place: number, part: string, wide: number, squeezes: boolean): string {
  if (place < wide) return part === '0' ? 'conv_pw' : 'bn1';
  if (place === wide) return part === '0' ? 'conv_dw' : `bn${wide + 1}`;
  if (squeezes && place === wide + 1) return part === 'fc1' ? 'se.conv_reduce' : 'se.conv_expand';
  return part === '0' ? (wide ? 'conv_pwl' : 'conv_pw') : `bn${wide + 2}`;
}

test('timm’s names are ours: all of a network, and some that are written down', async () => {
  for (const [model, [architecture, known]] of Object.entries(TIMM)) {
    const tensors = asTimm(model);
    const names = ourNames(architecture, tensors.keys());
    for (const [timm, ours] of Object.entries(known)) {
      assert.ok(tensors.has(timm), `${model} has ${timm}`);
      assert.is(names.get(timm), ours, timm);
    }
    const match = await bestMatch(tensors, breathe);
    assert.equal([match.architecture, match.missing, match.misshapen, match.unexpected, match.classes], [architecture, [], [], [], 1000], model);
  }
});

test('densenet as torchvision has published it, with the dots of old', () => {
  const old = tensorsOf('densenet121', (name) => name.replace(/(denselayer\d+\.(?:norm|conv))([12])\./, '$1.$2.'));
  assert.ok(old.has('features.denseblock1.denselayer1.norm.1.weight'));
  assert.equal(matchTo('densenet121', old).missing, []);
});

test('what is written as safetensors is read again', async () => {
  const tensor: Tensor = { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, -2, 3.5, 1e-30) };
  const path = written(encodeSafetensors(new Map([['a', tensor]])));
  assert.equal(await read(path), { a: [[2, 2], [...tensor.data]] });
});

test.run();
