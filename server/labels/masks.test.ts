import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StudioError } from '../errors.ts';
import type { LabelSet, Shape } from './annotation.ts';
import { vocColour } from './class-table.ts';
import { contentOf, fileOf, type LabelFile, type WrittenFile } from './files.ts';
import type { ReadContext } from './intake.ts';
import { readMasks, writeMasks } from './masks.ts';
import { decodePng, encodePng } from './png.ts';
import { random } from './random.fixture.ts';
import type { Losses } from './report.ts';
import { decodeMask, encodeMask } from './rle.ts';

const PICTURES = [{ name: 'JPEGImages/a.jpg', width: 4, height: 2 }];
/** VOC: background, aeroplane, bicycle and a void border. */
const VALUES = Uint8Array.from([0, 1, 1, 255, 0, 2, 2, 255]);
const vocPalette = Uint8Array.from({ length: 768 }, (_, i) => vocColour(Math.floor(i / 3))[i % 3]!);
const indexed = await encodePng(VALUES, 4, 2, 1, vocPalette);

const pixels = (shape: Shape): number[] => (shape.kind === 'mask' ? [...decodeMask(shape.rle)] : []);
async function read(
  files: LabelFile[],
  context: ReadContext = { pictures: PICTURES },
): Promise<{ classes: string[]; layers: { [name: string]: number[] }; findings: string[]; set: LabelSet }> {
  const { labels, report } = await readMasks(files, context);
  const layers = Object.fromEntries((labels.pictures[0]?.shapes ?? []).map((shape) => [labels.classes[shape.label]!.name, pixels(shape)]));
  return { classes: labels.classes.map(({ name }) => name), layers, findings: Object.keys(report.findings), set: labels };
}
const where = (value: number): number[] => [...VALUES].map((v) => (v === value ? 1 : 0));
const LABELMAP = '# label:color_rgb:parts:actions\nbackground:0,0,0::\naeroplane:128,0,0::\nbicycle:0,128,0::\nvoid:224,224,192::\n';

async function filesOf(files: AsyncIterable<WrittenFile>): Promise<LabelFile[]> {
  const out: LabelFile[] = [];
  for await (const file of files) out.push(fileOf(file.name, await contentOf(file)));
  return out;
}

test("VOC's colours", () => {
  assert.equal([0, 1, 2, 3, 8, 15, 21, 255].map(vocColour), [
    [0, 0, 0],
    [128, 0, 0],
    [0, 128, 0],
    [128, 128, 0],
    [64, 0, 0],
    [192, 128, 128],
    [128, 64, 128],
    [224, 224, 192],
  ]);
});

test('an indexed PNG with names by line', async () => {
  const { classes, layers, findings, set } = await read([
    fileOf('SegmentationClass/a.png', indexed),
    fileOf('classes.txt', 'background\naeroplane\nbicycle\n'),
  ]);
  assert.equal(classes, ['aeroplane', 'bicycle', 'void']);
  assert.equal(layers, { aeroplane: where(1), bicycle: where(2), void: where(255) });
  assert.equal(findings, []);
  assert.equal([set.background!.name, set.classes[2]!.ignore], ['background', true]);
});

test('indices, grey values of every depth, colours, TIFF and WebP say the same', async () => {
  const rgb = Uint8Array.from([...VALUES].flatMap(vocColour));
  const raw = { raw: { width: 4, height: 2, channels: 3 as const } };
  const grey = { raw: { width: 4, height: 2, channels: 1 as const } };
  // Palette in another order: the colours count where the table has them.
  const swapped = await encodePng(
    VALUES.map((v) => (v === 1 ? 2 : v === 2 ? 1 : v)),
    4,
    2,
    1,
    Uint8Array.from({ length: 768 }, (_, i) => vocColour([0, 2, 1][Math.floor(i / 3)] ?? Math.floor(i / 3))[i % 3]!),
  );
  const pictures: { [kind: string]: Buffer } = {
    'indexed.png': indexed,
    'swapped.png': swapped,
    'grey.png': await encodePng(VALUES, 4, 2, 1),
    'wide.png': await encodePng(Uint16Array.from(VALUES), 4, 2, 1),
    'rgb.png': await encodePng(rgb, 4, 2, 3),
    'rgba.png': await sharp(rgb, raw).ensureAlpha().png().toBuffer(),
    'rgb.tif': await sharp(rgb, raw).tiff({ compression: 'lzw' }).toBuffer(),
    'rgb.webp': await sharp(rgb, raw).webp({ lossless: true }).toBuffer(),
    'grey.tiff': await sharp(Buffer.from(VALUES), grey).toColourspace('b-w').tiff({ compression: 'deflate' }).toBuffer(),
  };
  // By values the void is line 255 of no list, by colours line 3 of this one.
  for (const [name, data] of Object.entries(pictures)) {
    const { layers } = await read([fileOf(`SegmentationClass/${name.replace(/^[^.]*/, 'a')}`, data), fileOf('labelmap.txt', LABELMAP)]);
    assert.equal(layers, { aeroplane: where(1), bicycle: where(2), void: where(255) }, name);
  }
});

test('an interlaced PNG, and one with row filters, against the library', async () => {
  const r = random(31);
  for (const [width, height] of [
    [1, 1],
    [3, 5],
    [17, 9],
    [40, 33],
  ] as const) {
    for (const channels of [1, 3] as const) {
      const data = Buffer.from(Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 3 + r.int(0, 9)) & 255));
      for (const progressive of [false, true]) {
        const png = await sharp(data, { raw: { width, height, channels } })
          .toColourspace(channels === 1 ? 'b-w' : 'srgb')
          .png({ progressive, adaptiveFiltering: true })
          .toBuffer();
        const back = decodePng(png, 1e6);
        assert.equal([back.width, back.height, back.channels], [width, height, channels]);
        assert.equal(Buffer.from(back.samples), data);
      }
    }
  }
});

test('bits are not stretched', () => {
  // A 2-bit indexed PNG: 0 1 2 3, put together by hand.
  const png = handmade([0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 0, 0, 0], [0, 0, 0, 128, 0, 0, 0, 128, 0, 9, 9, 9], [0, 0b00011011]);
  assert.equal([...decodePng(png, 100).samples], [0, 1, 2, 3]);
  // 4-bit grey: 1 and 15 stay, where a library would say 17 and 255.
  assert.equal([...decodePng(handmade([0, 0, 0, 2, 0, 0, 0, 1, 4, 0, 0, 0, 0], null, [0, 0x1f]), 100).samples], [1, 15]);
});

function handmade(header: number[], palette: number[] | null, rows: number[]): Buffer {
  const part = (type: string, body: Buffer): Buffer => {
    const out = Buffer.alloc(body.length + 12);
    out.writeUInt32BE(body.length);
    out.write(type, 4);
    body.copy(out, 8);
    let c = 0xffffffff;
    for (const byte of out.subarray(4, 8 + body.length)) {
      c ^= byte;
      for (let k = 0; k < 8; k += 1) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    }
    out.writeUInt32BE(~c >>> 0, 8 + body.length);
    return out;
  };
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    part('IHDR', Buffer.from(header)),
    ...(palette === null ? [] : [part('PLTE', Buffer.from(palette))]),
    part('IDAT', deflateSync(Buffer.from(rows))),
    part('IEND', Buffer.alloc(0)),
  ]);
}

test('damaged and dangerous PNGs', () => {
  const fails = (data: Buffer, maxPixels = 1000): void => assert.throws(() => decodePng(data, maxPixels), RangeError);
  fails(Buffer.alloc(0));
  fails(Buffer.from('GIF89a..........'));
  for (let end = 8; end < indexed.length; end += 7) fails(indexed.subarray(0, end));
  const flipped = Buffer.from(indexed);
  flipped[flipped.length - 20]! ^= 1;
  fails(flipped);
  fails(indexed, 7);
  fails(handmade([0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 8, 0, 0, 0, 0], null, [0]));
  fails(handmade([0, 0, 0, 4, 0, 0, 0, 1, 8, 0, 0, 0, 0], null, [0, 1]), 100);
  fails(handmade([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0], null, [0, 1, 2, 3]), 100);
  fails(handmade([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0], null, [9, 1]), 100);
  fails(handmade([0, 0, 0, 1, 0, 0, 0, 1, 3, 0, 0, 0, 0], null, [0, 1]), 100);
  fails(handmade([0, 0, 0, 1, 0, 0, 0, 1, 8, 3, 0, 0, 0], null, [0, 1]), 100);
});

test('without a table: the void of VOC, or the white of black and white masks', async () => {
  const voc = await read([fileOf('SegmentationClass/a.png', indexed)]);
  assert.equal([voc.classes, voc.findings], [['1', '2', 'void'], ['class_names_missing']]);
  const white = await read([fileOf('masks/a_mask.png', await encodePng(Uint8Array.from([0, 255, 255, 0, 0, 0, 0, 255]), 4, 2, 1))]);
  assert.equal([white.classes, white.set.classes[0]!.ignore], [['255'], undefined]);
  const coloured = await read([
    fileOf('masks/a.png', await encodePng(Uint8Array.from([0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 4, 2, 3)),
  ]);
  assert.equal(coloured.classes, ['#010203']);
});

test('every kind of table', async () => {
  const tables: { [name: string]: string } = {
    'labelmap.txt': LABELMAP,
    'class_dict.csv': 'name,r,g,b\nbackground,0,0,0\naeroplane,128,0,0\nbicycle,0,128,0\nvoid,224,224,192\n',
    'label_colors.txt': '0 0 0 background'.replace(/ /g, ',').concat('\n128,0,0,aeroplane\n0,128,0,bicycle\n224,224,192,void\n'),
    'classes.csv': 'id;name\n0;background\n1;aeroplane\n2;bicycle\n255;void\n',
    'classes.json':
      '[{"name":"background","color":[0,0,0]},{"name":"aeroplane","color":"#800000"},{"name":"bicycle","color":[0,128,0]},{"name":"void","id":255,"ignore":true}]',
    'labelmap.json': '{"background":0,"aeroplane":1,"bicycle":2,"void":255}',
    'label_map.json': '{"labels":{"0":"background","1":"aeroplane","2":"bicycle","255":"void"}}',
  };
  for (const [name, text] of Object.entries(tables)) {
    const { layers, findings } = await read([fileOf('SegmentationClass/a.png', indexed), fileOf(name, text)]);
    assert.equal([layers, findings], [{ aeroplane: where(1), bicycle: where(2), void: where(255) }, []], name);
  }
});

test('0 as a class: what has no class is then the void', async () => {
  const city = await encodePng(Uint8Array.from([0, 0, 1, 1, 0, 0, 1, 255]), 4, 2, 1);
  const { classes, layers, set } = await read([fileOf('gt/a_labelIds.png', city), fileOf('classes.txt', 'road\nsidewalk\n')]);
  assert.equal([classes, layers], [['road', 'sidewalk'], { road: [1, 1, 0, 0, 1, 1, 0, 0], sidewalk: [0, 0, 1, 1, 0, 0, 1, 0] }]);
  const back = await filesOf(writeMasks(set, { pixels: 'indexed' }));
  assert.equal([...decodePng(await back.at(-1)!.read(), 100).samples], [0, 0, 1, 1, 0, 0, 1, 255]);
  assert.equal(await read(back).then(({ layers }) => layers), layers);
});

test('values and colours that no table knows', async () => {
  const values = await read([
    fileOf('masks/a.png', await encodePng(Uint8Array.from([0, 1, 9, 9, 0, 0, 0, 0]), 4, 2, 1)),
    fileOf('classes.txt', 'background\ndent\n'),
  ]);
  assert.equal([values.classes, values.findings], [['dent', '9'], ['unknown_class']]);
  const rgb = new Uint8Array(24);
  rgb.set([128, 0, 0, 127, 1, 0], 0);
  const { labels, report } = await readMasks([fileOf('masks/a.png', await encodePng(rgb, 4, 2, 3)), fileOf('labelmap.txt', LABELMAP)], { pictures: PICTURES });
  assert.equal(
    labels.pictures[0]!.shapes.map(({ label }) => labels.classes[label]!.name),
    ['aeroplane'],
  );
  assert.equal(report.findings.unknown_colour!.first[0]!.detail, '#7f0100: 1 px');
});

test('round trips: values, colours, names, void, indexed and coloured', async () => {
  const first = await read([fileOf('SegmentationClass/a.png', indexed), fileOf('labelmap.txt', LABELMAP)]);
  for (const pixels of ['indexed', 'colour'] as const) {
    const losses: Losses = {};
    const files = await filesOf(writeMasks(first.set, { pixels, losses }));
    const names = files.map(({ name }) => name);
    assert.equal(names, ['labelmap.txt', 'classes.json', 'SegmentationClass/JPEGImages/a.png']);
    assert.equal([(await read(files)).set, losses], [first.set, {}]);
    // Tools that know the labelmap only see the same.
    assert.equal((await read(files.filter(({ name }) => name !== 'classes.json'))).layers, first.layers);
  }
  assert.is((await filesOf(writeMasks(first.set, { pixels: 'indexed' })))[0]!.bytes, LABELMAP.length);
});

test('more classes than a palette has', async () => {
  const classes = Array.from({ length: 300 }, (_, i) => ({ name: `c${i}` }));
  const set: LabelSet = { classes, pictures: [{ name: 'a', width: 4, height: 2, shapes: [{ kind: 'mask', rle: encodeMask(VALUES, 4, 2, 1), label: 299 }] }] };
  for (const pixels of ['indexed', 'colour'] as const) assert.equal((await read(await filesOf(writeMasks(set, { pixels })))).layers, { c299: where(1) });
});

test('boxes and polygons are painted in their order', async () => {
  const shapes: Shape[] = [
    { kind: 'box', x: 0, y: 0, width: 3, height: 2, label: 0, attributes: { score: 1 } },
    { kind: 'polygon', parts: [{ outer: [2, 0, 4, 0, 4, 1, 2, 1], holes: [] }], label: 1 },
    { kind: 'box', x: 0, y: 1, width: 1, height: 1, label: 0 },
  ];
  const losses: Losses = {};
  const files = await filesOf(
    writeMasks(
      {
        classes: [
          { name: 'a', id: 7 },
          { name: 'b', id: 0 },
        ],
        pictures: [{ name: 'a', width: 4, height: 2, shapes }],
      },
      { pixels: 'indexed', losses },
    ),
  );
  assert.equal([...decodePng(await files.at(-1)!.read(), 100).samples], [1, 1, 2, 2, 1, 1, 1, 0]);
  assert.equal(losses, { classes: 1, rasterised: 3, attributes: 1, overlap: 2, instances: 1 });
});

test('large masks are painted whole, and others have their turn meanwhile', async () => {
  const [width, height] = [700, 500];
  const values = Uint16Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x > 300 ? 300 : (x + y) % 7 === 0 ? 2 : x > 20 && y > 3 ? 1 : 0;
  });
  const classes = [1, 2, 300].map((id) => ({ name: String(id), id }));
  const shapes = classes.map(({ id }, label): Shape => ({ kind: 'mask', rle: encodeMask(values, width, height, id), label }));
  let turns = 0;
  setImmediate(() => (turns += 1));
  const files = await filesOf(writeMasks({ classes, pictures: [{ name: 'a', width, height, shapes }] }, { pixels: 'indexed' }));
  assert.is(turns, 1);
  assert.equal(decodePng(await files.at(-1)!.read(), 1e6).samples, values);
});

test('files that are no masks, and sizes that differ', async () => {
  const { labels, report } = await readMasks(
    [
      fileOf('SegmentationClass/a.png', indexed),
      fileOf('SegmentationObject/a.png', indexed),
      fileOf('SegmentationClass/gone.png', indexed),
      fileOf('masks/bad.png', 'nonsense'),
      fileOf(
        'masks/photo.tif',
        await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
          .jpeg()
          .toBuffer(),
      ),
      fileOf('masks/b.png', indexed),
    ],
    { pictures: [...PICTURES, { name: 'b.jpg', width: 8, height: 4 }] },
  );
  assert.equal(
    Object.fromEntries(
      Object.entries(report.findings)
        .filter(([kind]) => kind !== 'class_names_missing')
        .map(([kind, { first }]) => [kind, first.map(({ file }) => file)]),
    ),
    {
      ignored_file: ['SegmentationObject/a.png'],
      missing_picture: ['SegmentationClass/gone.png'],
      unreadable_file: ['masks/bad.png', 'masks/photo.tif'],
      size_differs: ['masks/b.png'],
    },
  );
  assert.equal(pixels(labels.pictures[1]!.shapes[0]!).slice(0, 8), [0, 0, 1, 1, 1, 1, 0, 0], 'every pixel became four');
  try {
    await readMasks([fileOf('masks/bad.png', 'nonsense')], {});
    assert.unreachable();
  } catch (error) {
    assert.is((error as StudioError).code, 'label_mask');
    assert.instance(error, StudioError);
  }
});

test.run();
