/**
 * Uploads that were damaged at random: each becomes a dataset of what is whole, or is refused with an error of the catalogue, and a reader never falls over.
 * AI_STUDIO_DAMAGE=500 damages each kind so often.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StudioError } from '../../errors.ts';
import { damaged } from '../../labels/damage.fixture.ts';
import { type Random, random } from '../../labels/random.fixture.ts';
import { PictureSet } from '../../store/pictures.ts';
import { tarOf, zipOf } from '../archives.fixture.ts';
import { ingest } from '../ingest.ts';
import type { JobHost } from '../job.ts';
import type { IngestLimits, IngestOutcome } from '../protocol.ts';
import { preview } from '../tables/preview.ts';
import { OPENPYXL_WORKBOOK } from '../tables/workbook.fixture.ts';
import { readJson, removeTemporaryFolders, temporaryFolder } from '../workers.fixture.ts';
import { bitmap } from './bitmaps.fixture.ts';

test.after(removeTemporaryFolders);

const ROUNDS = Number(process.env.AI_STUDIO_DAMAGE ?? 12);
const LIMITS: IngestLimits = { maxFiles: 50, maxUnpackedBytes: 2 ** 26, maxFileBytes: 2 ** 24, maxPixels: 1_000_000, maxSide: 64 };

const host = (dir: string): JobHost => ({
  dir,
  out: join(dir, 'out'),
  stopping: false,
  journaledEpochs: new Set(),
  log: () => {},
  epoch: () => {},
  progress: () => {},
});

const noise = () => {
  const data = Buffer.alloc(48 * 40 * 3);
  for (let i = 0; i < data.length; i++) data[i] = (i * 2654435761) >>> 24;
  return sharp(data, { raw: { width: 48, height: 40, channels: 3 } });
};
const deep = () =>
  sharp(
    Uint16Array.from({ length: 48 * 40 }, (_, i) => (i * 13) % 4096),
    { raw: { width: 48, height: 40, channels: 1 } },
  );

const KINDS: { [kind in string]: () => Promise<Buffer> | Buffer } = {
  jpeg: () => noise().jpeg().toBuffer(),
  'progressive jpeg with EXIF': () => noise().withMetadata({ orientation: 6 }).jpeg({ progressive: true }).toBuffer(),
  png: () => noise().png().toBuffer(),
  'png of 16 bits': () => deep().toColourspace('grey16').png().toBuffer(),
  webp: () => noise().webp({ lossless: true }).toBuffer(),
  gif: () => noise().gif().toBuffer(),
  tiff: () => noise().tiff({ compression: 'lzw' }).toBuffer(),
  'tiff of 16 bits in tiles': () => deep().toColourspace('grey16').tiff({ compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer(),
  bmp: () => bitmap('24'),
  'bmp of run lengths': () => bitmap('rle8'),
  zip: async () => zipOf(await files()),
  tar: async () => tarOf((await files()).map(({ name, data }) => ({ name, data }))),
};

async function files() {
  return [
    { name: 'a/1.png', data: await noise().png().toBuffer() },
    { name: 'b/불량.jpg', data: await noise().jpeg().toBuffer(), stored: true },
    { name: 'labels.csv', data: Buffer.from('filename,label\n1.png,x\n불량.jpg,y\n') },
  ];
}

/** Like a broken transfer, or a disk that is giving up: cut, overwritten, or changed in a few places. */
function broken(file: Buffer, r: Random): Buffer {
  if (r.int(0, 2) === 0) return file.subarray(0, r.int(0, file.length));
  if (r.int(0, 3) > 0) return damaged(file, r);
  const copy = Buffer.from(file);
  const at = r.int(0, copy.length - 1);
  return copy.fill(r.int(0, 255), at, Math.min(copy.length, at + r.int(1, 512)));
}

function assertUnderstandable(error: unknown, what: string): void {
  if (!(error instanceof StudioError)) throw new Error(`${what}: ${error instanceof Error ? error.stack : String(error)}`);
  assert.is.not(error.code, 'internal', what);
}

for (const [kind, make] of Object.entries(KINDS)) {
  test(`damaged ${kind}`, async () => {
    const whole = await make();
    const r = random(7);
    const dir = temporaryFolder();
    const [kept, refused] = [[] as number[], [] as string[]];
    for (let round = 0; round <= ROUNDS; round++) {
      const upload = join(dir, 'upload');
      writeFileSync(upload, round === 0 ? whole : broken(whole, r));
      mkdirSync(join(dir, 'out'), { recursive: true });
      try {
        const spec = { kind: 'ingest', jobId: 1, threads: 2, memoryMb: 1024, upload, labels: null, labelsName: null, problem: 'classification' } as const;
        await ingest({ ...spec, limits: LIMITS }, host(dir));
      } catch (error) {
        assert.is.not(round, 0, `the whole file is refused: ${error}`);
        assertUnderstandable(error, `${kind}, round ${round}`);
        refused.push((error as StudioError).code);
        continue;
      }
      const { count, report } = readJson<IngestOutcome>(dir, 'out', 'ingest.json');
      const set = await PictureSet.open(join(dir, 'out', 'pictures'));
      assert.is(set.items.length, count);
      // What was taken in can be read to its end, as a training does.
      for (const { n, width, height } of set.items) {
        const { info } = await sharp((await set.picture(n)).data, { failOn: 'error' })
          .raw()
          .toBuffer({ resolveWithObject: true });
        assert.equal([info.width, info.height], [width, height]);
      }
      await set.close();
      assert.ok(report.skippedFiles.every(({ code, ko, en }) => code !== 'internal' && !/[{}]/.test(ko + en)));
      kept.push(count);
    }
    assert.is(kept.length + refused.length, ROUNDS + 1);
    rmSync(dir, { recursive: true });
  });
}

const CSV = Buffer.from(`부품,크기,날짜\n${Array.from({ length: 40 }, (_, i) => `"p${i}",${i / 8},2026-03-0${1 + (i % 9)}`).join('\r\n')}\n`);
const TABLES: { [kind in string]: Buffer } = {
  csv: CSV,
  'csv in a zip': zipOf([{ name: 'a.csv', data: CSV }]),
  'csv in a gzip': gzipSync(CSV),
  xlsx: OPENPYXL_WORKBOOK,
};
const TABLE = { maxRows: 10_000, maxColumns: 200, maxCells: 100_000 };

for (const [kind, whole] of Object.entries(TABLES)) {
  test(`damaged ${kind}`, async () => {
    const r = random(11);
    const dir = temporaryFolder();
    for (let round = 0; round <= ROUNDS; round++) {
      writeFileSync(join(dir, 'upload'), round === 0 ? whole : broken(whole, r));
      try {
        await preview(
          { kind: 'table_preview', jobId: 1, threads: 1, memoryMb: 1024, upload: join(dir, 'upload'), settings: {}, limits: LIMITS, table: TABLE },
          host(dir),
        );
        assert.type(readJson<{ columns: unknown[] }>(dir, 'out', 'preview.json').columns.length, 'number');
      } catch (error) {
        assert.is.not(round, 0, `the whole file is refused: ${error}`);
        assertUnderstandable(error, `${kind}, round ${round}`);
      }
      assert.not.ok(existsSync(join(dir, 'unpacked')));
    }
  });
}

test.run();
