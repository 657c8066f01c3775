import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PictureSet, PictureSetWriter } from '../store/pictures.ts';
import { augmentInto, decodeSquare, evaluationBatches, Pixels, trainingBatches } from './batches.ts';
import { inOrder } from './ordered.ts';
import { generator } from './random.ts';

const dir = mkdtempSync(join(tmpdir(), 'ai-studio-test-'));
test.after(() => rmSync(dir, { recursive: true, force: true }));

async function setOf(pictures: number): Promise<PictureSet> {
  const writer = await PictureSetWriter.create(dir);
  for (let n = 0; n < pictures; n++) {
    const encoded = await sharp({ create: { width: 20, height: 10, channels: 3, background: { r: n, g: 100, b: 200 } } })
      .png()
      .toBuffer();
    await writer.add({ name: `${n}.png`, width: 20, height: 10, mime: 'image/png' }, encoded);
  }
  await writer.finish();
  return PictureSet.open(dir);
}

test('batches: each picture once in an epoch, the last filled up; the same seed gives the same bits', async () => {
  const set = await setOf(10);
  const examples = set.items.map(({ n }) => ({ n, label: n % 2 }));
  for (const memory of [0, 1e9]) {
    const pixels = new Pixels(set, 16, 10, memory);
    assert.is(pixels.inMemory, memory > 0);
    const epochOf = async (epoch: number, augment: boolean) => {
      const batches = [];
      for await (const batch of trainingBatches(pixels, examples, { batch: 4, epoch, seed: 5, augment })) batches.push(batch);
      return batches;
    };
    const plain = await epochOf(1, false);
    assert.equal(
      plain.map(({ images, count }) => [images.length, count]),
      [
        [4 * 16 * 16 * 3, 4],
        [4 * 16 * 16 * 3, 4],
        [4 * 16 * 16 * 3, 4],
      ],
    );
    // The red of a picture's first pixel is its number.
    const seen = plain.flatMap(({ images }) => [0, 1, 2, 3].map((at) => images[at * 16 * 16 * 3]!));
    assert.equal(
      seen.slice(0, 10).sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.equal(
      plain.flatMap(({ labels }) => [...labels]),
      seen.map((n) => n % 2),
    );
    assert.equal(await epochOf(3, true), await epochOf(3, true));
    assert.not.equal((await epochOf(3, true))[0], (await epochOf(4, true))[0]);
  }
  const evaluated = [];
  for await (const { count, labels } of evaluationBatches(new Pixels(set, 16, 10, 0), examples, 4)) evaluated.push(count, ...labels.subarray(0, count));
  assert.equal(evaluated, [4, 0, 1, 0, 1, 4, 0, 1, 0, 1, 2, 0, 1]);
  await set.close();
});

test('every kind of picture becomes three channels of 8 bits', async () => {
  const grey = sharp(Buffer.alloc(64, 200), { raw: { width: 8, height: 8, channels: 1 } });
  const clear = sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } });
  const deep = sharp(new Uint16Array(64).fill(0x8000), { raw: { width: 8, height: 8, channels: 1 } }).toColourspace('grey16');
  for (const [encoded, value] of [
    [await grey.png().toBuffer(), 200],
    [await clear.png().toBuffer(), 255],
    [await deep.png().toBuffer(), 128],
  ] as const) {
    const pixels = await decodeSquare(encoded, 4);
    assert.is(pixels.length, 4 * 4 * 3);
    assert.ok(
      pixels.every((pixel) => Math.abs(pixel - value) <= 1),
      `${value}: ${[...pixels]}`,
    );
  }
});

test('augmentation stays within its bounds and mirrors about half of the pictures', () => {
  const size = 32;
  const picture = Uint8Array.from({ length: size * size * 3 }, (_, i) => (Math.floor(i / 3) % size) * 4 + 60);
  let mirrored = 0;
  for (let n = 0; n < 200; n++) {
    const target = new Uint8Array(size * size * 3);
    augmentInto(target, picture, size, generator(1, n));
    if (target[0]! > target[3 * (size - 1)]!) mirrored += 1;
    assert.ok(target.every((pixel) => pixel >= 0 && pixel <= 255));
  }
  assert.ok(mirrored > 70 && mirrored < 130, String(mirrored));
});

test('work done ahead keeps its order, its bound and its failure', async () => {
  let running = 0;
  let most = 0;
  const work = async (thing: number) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, (thing * 7) % 5));
    running -= 1;
    if (thing === 15) throw new Error('fifteen');
    return thing;
  };
  const done: number[] = [];
  try {
    for await (const thing of inOrder(
      Array.from({ length: 20 }, (_, i) => i),
      4,
      work,
    ))
      done.push(thing);
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'fifteen');
  }
  assert.equal(
    done,
    Array.from({ length: 15 }, (_, i) => i),
  );
  assert.is(most, 4);
  assert.is(running, 0);
});

test.run();
