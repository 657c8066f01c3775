/** For tests: sets of pictures with a class each. */
import sharp from 'sharp';
import { labelFolder, writeClassLabels } from '../store/label-set.ts';
import { PictureSetWriter } from '../store/pictures.ts';
import { temporaryFolder } from './workers.fixture.ts';

export interface TestPicture {
  name: string;
  /** Width and height. */
  side: number;
  /** RGB, side × side × 3. */
  data: Buffer;
  label: number | null;
}

/** A new folder with these pictures as PNG and their labels as revision 1. */
export async function pictureSetOf(classes: string[], pictures: readonly TestPicture[]): Promise<string> {
  const dir = temporaryFolder();
  const writer = await PictureSetWriter.create(dir);
  for (const { name, side, data } of pictures) {
    const encoded = await sharp(data, { raw: { width: side, height: side, channels: 3 } })
      .png()
      .toBuffer();
    await writer.add({ name, width: side, height: side, mime: 'image/png' }, encoded);
  }
  await writer.finish();
  await writeClassLabels(
    labelFolder(dir, 1),
    classes,
    pictures.map(({ label }) => label),
  );
  return dir;
}

/** One colour all over. */
export const plain = (side: number, ...[red, green, blue]: [number, number, number]): Buffer => Buffer.alloc(side * side * 3, Uint8Array.of(red, green, blue));
