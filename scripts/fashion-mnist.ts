/**
 * Makes a zip of class folders (CLASS/00001.png, 28 × 28 grey) of the Fashion-MNIST pictures that Debian packages.
 *
 *     ./scripts/fashion-mnist --train 6000 --out x.zip      the first 6,000 training pictures
 *     ./scripts/fashion-mnist --test 2000 --out y.zip       the first 2,000 test pictures
 *
 * --from N begins at picture N; --data DIR says where the four .gz files are. Training and test pictures never go into one zip, so that held-out pictures stay so.
 */
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import { ZipFile } from 'yazl';
import { inOrder } from '../server/learn/ordered.ts';

const CLASSES = ['T-shirt', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'];
const SIDE = 28;

const { values } = parseArgs({
  options: {
    train: { type: 'string' },
    test: { type: 'string' },
    from: { type: 'string', default: '0' },
    out: { type: 'string' },
    data: { type: 'string', default: '/usr/share/datasets/fashion-mnist' },
  },
});

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(64);
}

const { out } = values;
if (out === undefined || (values.train === undefined) === (values.test === undefined))
  fail('usage: fashion-mnist --train N | --test N  --out FILE.zip [--from N] [--data DIR]');
const part = values.train === undefined ? 't10k' : 'train';
const count = Number(values.train ?? values.test);
const from = Number(values.from);

/** The payload of a file in the format of yann.lecun.com/exdb/mnist, and how many things it holds. */
async function idx(name: string, headerBytes: number): Promise<{ data: Buffer; count: number }> {
  const packed = await readFile(join(values.data, name)).catch(() => fail(`${join(values.data, name)} is not there: apt-get install dataset-fashion-mnist`));
  const data = gunzipSync(packed);
  return { data: data.subarray(headerBytes), count: data.readUInt32BE(4) };
}

const images = await idx(`${part}-images-idx3-ubyte.gz`, 16);
const labels = await idx(`${part}-labels-idx1-ubyte.gz`, 8);
if (!Number.isInteger(count) || !Number.isInteger(from) || count < 1 || from < 0 || from + count > images.count)
  fail(`there are ${images.count} pictures in this part`);

const zip = new ZipFile();
const written = pipeline(zip.outputStream, createWriteStream(out));
const numbers = Array.from({ length: count }, (_, i) => from + i);
const encode = async (n: number) => {
  const pixels = images.data.subarray(n * SIDE * SIDE, (n + 1) * SIDE * SIDE);
  const png = await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
  return { n, png };
};
for await (const { n, png } of inOrder(numbers, 16, encode)) {
  // A fixed time: the same call makes the same file. PNG is packed already.
  zip.addBuffer(png, `${CLASSES[labels.data[n]!]}/${String(n).padStart(5, '0')}.png`, { compress: false, mtime: new Date(2017, 7, 25) });
}
zip.end();
await written;
process.stdout.write(`${out}: ${count} pictures of ${CLASSES.length} classes\n`);
