/** JPEGs for benchmarks: textured, so that they decode at the speed of photographs. */
import sharp from 'sharp';
import { ZipFile } from 'yazl';
import { generator } from '../../server/learn/random.ts';

/** `count` pictures in two class folders, `size` × `size` pixels; 16 different ones, over and over. */
export async function jpegZip(count: number, size: number): Promise<{ zip: Buffer; files: Buffer[] }> {
  const kinds = await jpegs(16, size);
  const files = Array.from({ length: count }, (_, n) => kinds[n % kinds.length]!);
  const zip = new ZipFile();
  for (const [n, file] of files.entries()) zip.addBuffer(file, `${n % 2 === 0 ? 'a' : 'b'}/${n}.jpg`, { compress: false });
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return { zip: Buffer.concat(chunks), files };
}

/** So many different ones. */
export function jpegs(count: number, size: number): Promise<Buffer[]> {
  return Promise.all(Array.from({ length: count }, (_, kind) => jpeg(size, kind)));
}

async function jpeg(size: number, kind: number): Promise<Buffer> {
  const random = generator(kind);
  const coarse = Buffer.from(Uint8Array.from({ length: 24 * 24 * 3 }, () => 256 * random()));
  const smooth = await sharp(coarse, { raw: { width: 24, height: 24, channels: 3 } })
    .resize(size, size, { fit: 'fill' })
    .raw()
    .toBuffer();
  for (let i = 0; i < smooth.length; i++) smooth[i] = Math.min(255, smooth[i]! * 0.9 + 25 * random());
  return sharp(smooth, { raw: { width: size, height: size, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}
