/** Models kept as the runtime has rearranged them: the same answers, and never in the way. */
import { mkdir, mkdtemp, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openModel } from './inference.ts';
import type { Architecture } from './model.ts';
import { createTrainer } from './trainer.ts';

const SIZE = 32;
const net: Architecture = {
  name: 'net',
  build(model, images, classes) {
    let x = model.relu(model.batchNorm('bn1', model.conv('conv1', images, { out: 16, kernel: 3, stride: 2, padding: 1 })));
    x = model.relu(model.batchNorm('bn2', model.conv('conv2', x, { out: 32, kernel: 3, stride: 2, padding: 1 })));
    return model.linear('fc', model.globalAveragePool(x), classes);
  },
};
const images = Uint8Array.from({ length: 3 * SIZE * SIZE * 3 }, (_, at) => (at * 37) % 256);

const test = suite('prepared models');
let dir = '';
let cache = '';
let model = '';
test.before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-studio-test-'));
  [cache, model] = [join(dir, 'cache'), join(dir, 'model.onnx')];
  const optimizer = { kind: 'sgd', momentum: 0.9, weightDecay: 0 } as const;
  const norm: [number, number, number] = [0.5, 0.5, 0.5];
  const trainer = await createTrainer({ model: net, classes: 4, size: SIZE, batch: 2, optimizer, mean: norm, std: norm, threads: 1, seed: 5 });
  await writeFile(model, await trainer.exportOnnx({}));
  await trainer.close();
});
test.after(() => rm(dir, { recursive: true }));

async function judged(options: { cache?: string; threads?: number } = {}): Promise<number[]> {
  const opened = await openModel(model, { threads: 1, memoryBytes: 1e9, ...options });
  const answer = [...(await opened.run(images, 3))];
  await opened.close();
  return answer;
}
const entries = () => readdir(cache);

test('the same answers, bit by bit, whether it has been kept or not, and in streams', async () => {
  const plain = await judged();
  assert.equal(await judged({ cache }), plain);
  const [entry, ...others] = await entries();
  assert.ok(entry && others.length === 0);
  assert.equal((await readdir(join(cache, entry))).sort(), ['model.onnx', 'weights.bin']);
  assert.equal(await judged({ cache }), plain);
  assert.equal(await judged({ cache, threads: 2 }), plain);
  assert.equal(await entries(), [entry]);
});

test('what was kept is opened, and where it is damaged the model itself', async () => {
  const plain = await judged();
  const [entry] = await entries();
  await writeFile(join(cache, entry!, 'weights.bin'), Buffer.alloc((await stat(join(cache, entry!, 'weights.bin'))).size));
  assert.not.equal(await judged({ cache }), plain, 'other weights, other answers: these are the ones that are read');
  await truncate(join(cache, entry!, 'weights.bin'), 100);
  assert.equal(await judged({ cache }), plain);
  assert.equal(await entries(), []);
  // Two at once make it: one of them keeps it.
  assert.equal(await Promise.all([judged({ cache }), judged({ cache })]), [plain, plain]);
  assert.equal(await entries(), [entry]);
});

test('what is deleted while it is made or used hinders nothing', async () => {
  const plain = await judged();
  for (const before of ['made', 'kept']) {
    if (before === 'made') await rm(cache, { recursive: true });
    const opened = await openModel(model, { threads: 1, memoryBytes: 1e9, cache });
    await rm(cache, { recursive: true, maxRetries: 10 });
    assert.equal([...(await opened.run(images, 3))], plain);
    await opened.close();
    assert.equal(await judged({ cache }), plain);
  }
});

test('another model in its place is prepared anew; the eight that were opened last are kept', async () => {
  const [first] = await entries();
  await utimes(model, new Date(), new Date(0));
  for (const name of ['1', '2', '3', '4', '5', '6', '7']) await mkdir(join(cache, name));
  await mkdir(join(cache, '.making-now'));
  await mkdir(join(cache, '.making-once'));
  await utimes(join(cache, '.making-once'), 0, 0);
  await utimes(join(cache, first!), 0, 0);
  await judged({ cache });
  const kept = await entries();
  assert.is(kept.filter((name) => !name.startsWith('.')).length, 8);
  assert.equal([kept.includes(first!), kept.includes('.making-now'), kept.includes('.making-once')], [false, true, false]);
});

test('a folder that cannot be written to hinders nothing', async () => {
  const file = join(dir, 'file');
  await writeFile(file, '');
  assert.equal(await judged({ cache: join(file, 'cache') }), await judged());
});

test.run();
