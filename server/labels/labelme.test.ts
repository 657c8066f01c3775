import { deflateSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StudioError } from '../errors.ts';
import type { Shape } from './annotation.ts';
import { contentOf, fileOf, type WrittenFile } from './files.ts';
import { readLabelme, writeLabelme } from './labelme.ts';
import { encodePng } from './png.ts';
import type { Losses } from './report.ts';
import { decodeMask, rleBox } from './rle.ts';

const mask3 = (await encodePng(Uint8Array.from([1, 0, 1, 1, 1, 1]), 3, 2, 1)).toString('base64');
const shape = (label: string, shape_type: string, points: number[][], more: object = {}): object => ({
  label,
  points,
  group_id: null,
  description: '',
  shape_type,
  flags: {},
  mask: null,
  ...more,
});

const SAMPLE = {
  version: '5.5.0',
  flags: { checked: true },
  shapes: [
    shape('bus', 'polygon', [
      [260.936170212766, 23.33306055646483],
      [193.936170212766, 20.33306055646483],
      [124.93617021276599, 40.33306055646483],
    ]),
    shape(
      'person',
      'rectangle',
      [
        [10, 20],
        [50, 100],
      ],
      { description: '작업자', flags: { occluded: true, moving: false } },
    ),
    shape(
      'bus',
      'polygon',
      [
        [300, 10],
        [320, 10],
        [320, 30],
      ],
      { group_id: 3 },
    ),
    shape(
      'bus',
      'polygon',
      [
        [330, 10],
        [350, 10],
        [350, 30],
      ],
      { group_id: 3 },
    ),
    shape('hole', 'circle', [
      [100, 100],
      [110, 100],
    ]),
    shape('bus', 'oriented_rectangle', [
      [200, 200],
      [220, 210],
      [215, 220],
      [195, 210],
    ]),
    shape(
      'scratch',
      'mask',
      [
        [7, 5],
        [9, 6],
      ],
      { mask: mask3 },
    ),
  ],
  imagePath: '2011_000025.jpg',
  imageData: null,
  imageHeight: 375,
  imageWidth: 500,
};
const PICTURES = [{ name: 'pics/2011_000025.jpg', width: 500, height: 375 }];

const read = (value: unknown, name = 'pics/2011_000025.json', pictures = PICTURES) =>
  readLabelme([fileOf(name, typeof value === 'string' ? value : JSON.stringify(value))], { pictures });

async function filesOf(files: AsyncIterable<WrittenFile>): Promise<{ name: string; value: typeof SAMPLE }[]> {
  const out: { name: string; value: typeof SAMPLE }[] = [];
  for await (const file of files) out.push({ name: file.name, value: JSON.parse((await contentOf(file)).toString()) });
  return out;
}

test('reads every kind of shape that has area', async () => {
  const { labels, report } = await read(SAMPLE);
  assert.equal(
    labels.classes.map(({ name }) => name),
    ['bus', 'hole', 'person', 'scratch'],
  );
  const [bus, person, group, hole, turned, scratch] = labels.pictures[0]!.shapes as [Shape, Shape, Shape, Shape, Shape, Shape];
  assert.equal(bus, {
    kind: 'polygon',
    parts: [{ outer: [260.936170212766, 23.33306055646483, 193.936170212766, 20.33306055646483, 124.93617021276599, 40.33306055646483], holes: [] }],
    label: 0,
  });
  assert.equal(person, {
    kind: 'box',
    x: 10,
    y: 20,
    width: 40,
    height: 80,
    label: 2,
    attributes: { description: '작업자', flags: { occluded: true, moving: false } },
  });
  assert.equal([group.kind, (group as { parts: unknown[] }).parts.length, group.attributes], ['polygon', 2, { group: 3 }], 'one object in two pieces');
  assert.equal(hole.attributes!.drawnAs, { type: 'circle', points: [100, 100, 110, 100] });
  assert.is(turned.kind, 'polygon');
  assert.ok(scratch.kind === 'mask');
  const values = decodeMask((scratch as Shape & { kind: 'mask' }).rle);
  assert.equal(
    [...values.keys()].filter((i) => values[i] === 1).map((i) => [i % 500, Math.floor(i / 500)]),
    [
      [7, 5],
      [9, 5],
      [7, 6],
      [8, 6],
      [9, 6],
    ],
  );
  assert.equal([report.findings, report.shapesKept], [{}, 6]);
});

test('a round trip gives the very same file', async () => {
  const losses: Losses = {};
  const [file] = await filesOf(writeLabelme((await read(SAMPLE)).labels, { losses }));
  assert.is(file!.name, 'pics/2011_000025.json');
  assert.equal(file!.value, SAMPLE);
  assert.equal(losses, {});
});

test('circles that were changed are polygons', async () => {
  const { labels } = await read({
    ...SAMPLE,
    shapes: [
      shape('hole', 'circle', [
        [2, 100],
        [12, 100],
      ]),
    ],
  });
  assert.is(labels.pictures[0]!.shapes[0]!.attributes, undefined, 'it was cut at the edge');
  const [file] = await filesOf(writeLabelme(labels));
  assert.is((file!.value.shapes[0] as { shape_type: string }).shape_type, 'polygon');
});

test('older files: no shape_type, corners in any order, one-bit masks, Windows paths, scaled pictures', async () => {
  // A one-bit grey PNG, 3 × 1: 101.
  const header = Buffer.from([0, 0, 0, 3, 0, 0, 0, 1, 1, 0, 0, 0, 0]);
  const part = (type: string, body: Buffer): Buffer => {
    const out = Buffer.alloc(body.length + 12);
    out.writeUInt32BE(body.length);
    out.write(type, 4);
    body.copy(out, 8);
    out.writeUInt32BE(crc(out.subarray(4, 8 + body.length)), 8 + body.length);
    return out;
  };
  const png = Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    part('IHDR', header),
    part('IDAT', deflateSync(Buffer.from([0, 0b10100000]))),
    part('IEND', Buffer.alloc(0)),
  ]);
  const old = {
    version: '3.16.7',
    shapes: [
      {
        label: 'a',
        points: [
          [0, 0],
          [10, 0],
          [10, 10],
        ],
        line_color: null,
        fill_color: null,
      },
      {
        label: 'b',
        shape_type: 'rectangle',
        points: [
          [50, 40],
          [20, 10],
        ],
      },
      {
        label: 'c',
        shape_type: 'mask',
        points: [
          [5, 5],
          [7, 5],
        ],
        mask: png.toString('base64'),
      },
    ],
    lineColor: [0, 255, 0, 128],
    imagePath: '..\\pics\\2011_000025.jpg',
    imageData: 'AAAA',
    imageWidth: 1000,
    imageHeight: 750,
  };
  const { labels, report } = await read(old, 'labels/x.json');
  assert.equal(labels.pictures[0]!.name, PICTURES[0]!.name);
  const [a, b, c] = labels.pictures[0]!.shapes as [Shape, Shape, Shape];
  assert.equal((a as { parts: unknown }).parts, [{ outer: [0, 0, 5, 0, 5, 5], holes: [] }]);
  assert.equal([(b as { x: number }).x, (b as { width: number }).width], [10, 15]);
  assert.equal(rleBox((c as Shape & { kind: 'mask' }).rle), { x: 2, y: 2, width: 2, height: 1 });
  assert.equal(Object.keys(report.findings), ['size_differs']);
  const [file] = await filesOf(writeLabelme(labels));
  assert.equal((file!.value as unknown as { lineColor: number[] }).lineColor, [0, 255, 0, 128]);
});

function crc(data: Buffer): number {
  let c = 0xffffffff;
  for (const byte of data) {
    c ^= byte;
    for (let k = 0; k < 8; k += 1) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
}

test('shapes that are wrong are reported with their position', async () => {
  const shapes = [
    shape('p', 'point', [[1, 1]]),
    shape('l', 'linestrip', [
      [1, 1],
      [2, 2],
    ]),
    shape('two', 'polygon', [
      [1, 1],
      [2, 2],
    ]),
    shape('flat', 'polygon', [
      [1, 1],
      [2, 2],
      [3, 3],
    ]),
    shape('bad', 'rectangle', [[1, 1]]),
    shape(
      'mask',
      'mask',
      [
        [1, 1],
        [2, 2],
      ],
      { mask: 'bm8=' },
    ),
    shape('mask', 'mask', [
      [1, 1],
      [2, 2],
    ]),
    { label: 5, points: [] },
    null,
    shape('x', 'polygon', [[1, 1], [2], [3, 3]] as number[][]),
    shape('x', 'rectangle', [
      [1, null as never],
      [5, 5],
    ]),
    shape('x', 'what', [[1, 1]]),
  ];
  const { labels, report } = await read({ ...SAMPLE, shapes });
  assert.is(labels.pictures[0]!.shapes.length, 0);
  assert.equal(Object.fromEntries(Object.entries(report.findings).map(([kind, { first }]) => [kind, first.map(({ item }) => item)])), {
    unsupported_shape: [1, 2, 12],
    malformed: [5, 6, 7, 8, 9, 10],
    not_finite: [11],
    too_few_points: [3],
    zero_area: [4],
  });
  assert.equal([report.shapesRead, report.shapesKept], [12, 0]);
});

test('files that are no LabelMe', async () => {
  for (const [text, code] of [
    ['[]', 'label_structure'],
    ['{"shapes": 3}', 'label_structure'],
    ['{', 'label_json'],
    [`{"shapes":${'['.repeat(1000)}`, 'label_too_deep'],
  ] as const) {
    try {
      await read(text);
      assert.unreachable(code);
    } catch (error) {
      assert.ok(error instanceof StudioError, String(error));
      assert.is((error as StudioError).code, code);
    }
  }
});

test('pieces without a group get one, holes get cuts, masks stay masks', async () => {
  const losses: Losses = {};
  const polygon: Shape = {
    kind: 'polygon',
    label: 0,
    parts: [
      { outer: [1, 1, 5, 1, 5, 5, 1, 5], holes: [[2, 2, 2, 4, 4, 4, 4, 2]] },
      { outer: [7, 7, 9, 7, 9, 9, 7, 9], holes: [] },
    ],
  };
  const set = { classes: [{ name: 'a' }], pictures: [{ name: 'a.png', width: 10, height: 10, shapes: [polygon, { kind: 'whole' as const, label: 0 }] }] };
  const [file] = await filesOf(writeLabelme(set, { losses }));
  assert.equal(
    file!.value.shapes.map((s) => (s as { group_id: number }).group_id),
    [1, 1],
  );
  assert.equal(losses, { cuts: 1, shape: 1 });
  const back = (await read(file!.value, 'a.json', [{ name: 'a.png', width: 10, height: 10 }])).labels.pictures[0]!.shapes;
  assert.equal({ ...back[0], attributes: undefined }, { ...polygon, attributes: undefined });
});

test.run();
