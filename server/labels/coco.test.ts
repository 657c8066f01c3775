import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StudioError } from '../errors.ts';
import type { LabelSet } from './annotation.ts';
import { readCoco, writeCoco } from './coco.ts';
import { contentOf, fileOf, type LabelFile } from './files.ts';
import type { ReadContext, ReadResult } from './intake.ts';
import type { Losses } from './report.ts';
import { encodeMask } from './rle.ts';

/** A file as the definition has it: official keys, category ids with gaps, a crowd as uncompressed run lengths, a stated area that is not the polygon's. */
const SAMPLE = {
  info: { year: 2026, version: '1.0', description: '라인 3 외관 검사', contributor: 'QA', url: 'http://example.org', date_created: '2026/01/09' },
  licenses: [
    { id: 1, name: 'CC BY 4.0', url: 'http://creativecommons.org/licenses/by/4.0/' },
    { id: 2, name: 'internal', url: '' },
  ],
  images: [
    {
      id: 397133,
      license: 1,
      file_name: 'train/000000397133.jpg',
      coco_url: 'http://example.org/397133',
      height: 4,
      width: 6,
      date_captured: '2013-11-14 17:02:52',
    },
    { id: 37777, license: 2, file_name: 'train/000000037777.jpg', height: 230, width: 352 },
    { id: 9, file_name: 'train/empty.jpg', height: 10, width: 10 },
  ],
  categories: [
    { supercategory: 'defect', id: 1, name: '긁힘' },
    { supercategory: 'defect', id: 18, name: 'dent', keypoints: ['top', 'bottom'] },
    { id: 44, name: 'bottle' },
  ],
  annotations: [
    {
      id: 1768,
      image_id: 37777,
      category_id: 18,
      iscrowd: 0,
      area: 702.1057499999998,
      bbox: [147.07, 172.16, 17.5, 10.37],
      segmentation: [[150.5, 172.16, 164.25, 180.5, 147.07, 182.53, 148, 175]],
    },
    {
      id: 900,
      image_id: 37777,
      category_id: 18,
      iscrowd: 0,
      area: 150,
      bbox: [0, 0, 20, 20],
      segmentation: [
        [0, 0, 10, 0, 10, 10, 0, 10],
        [10, 10, 20, 10, 20, 20],
      ],
    },
    // 6 × 4, a 2 × 2 block at (1, 1): down the columns 4 + 1 zeros, 2, 2 zeros, 2, the rest.
    { id: 900100042, image_id: 397133, category_id: 44, iscrowd: 1, area: 4, bbox: [1, 1, 2, 2], segmentation: { size: [4, 6], counts: [5, 2, 2, 2, 13] } },
    { id: 7, image_id: 397133, category_id: 1, iscrowd: 0, area: 4, bbox: [1, 1, 2, 2], segmentation: { size: [4, 6], counts: '5220;' } },
    {
      id: 8,
      image_id: 397133,
      category_id: 1,
      iscrowd: 0,
      area: 6.25,
      bbox: [0.5, 0.25, 2.5, 2.5],
      score: 0.87,
      attributes: { occluded: false },
      keypoints: [1, 2, 2],
      num_keypoints: 1,
    },
  ],
};

const read = (value: unknown, context: ReadContext = {}): Promise<ReadResult> =>
  readCoco([fileOf('instances.json', typeof value === 'string' ? value : JSON.stringify(value))], context);

async function written(labels: LabelSet, losses?: Losses): Promise<typeof SAMPLE> {
  for await (const file of writeCoco(labels, losses === undefined ? {} : { losses })) return JSON.parse((await contentOf(file)).toString());
  throw new Error('nothing written');
}

const byId = <T extends { id: number }>(list: T[]): T[] => [...list].sort((a, b) => a.id - b.id);

test('reads what the definition says', async () => {
  const { labels, report } = await read(SAMPLE);
  assert.equal(
    labels.classes.map(({ name, id }) => [name, id]),
    [
      ['긁힘', 1],
      ['dent', 18],
      ['bottle', 44],
    ],
  );
  const [first, second, empty] = labels.pictures;
  assert.equal([first!.name, first!.width, first!.height], ['train/000000397133.jpg', 6, 4]);
  assert.equal(empty!.shapes, []);
  const block = encodeMask([0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], 6, 4);
  const [crowd, mask, box] = first!.shapes;
  assert.equal(crowd, { kind: 'mask', rle: block, label: 2, attributes: { crowd: true, extra: { coco: { id: 900100042, counts: 'list' } } } });
  assert.equal(mask, { kind: 'mask', rle: block, label: 0, attributes: { extra: { coco: { id: 7 } } } });
  assert.equal(box, {
    kind: 'box',
    x: 0.5,
    y: 0.25,
    width: 2.5,
    height: 2.5,
    label: 0,
    attributes: { score: 0.87, extra: { coco: { id: 8, attributes: { occluded: false }, keypoints: [1, 2, 2], num_keypoints: 1 } } },
  });
  const [polygon, pieces] = second!.shapes;
  assert.ok(polygon!.kind === 'polygon' && pieces!.kind === 'polygon');
  assert.equal(polygon!.attributes!.statedArea, 702.1057499999998);
  assert.equal(polygon!.attributes!.statedBox, { x: 147.07, y: 172.16, width: 17.5, height: 10.37 });
  assert.is((pieces as { parts: unknown[] }).parts.length, 2, 'several lines are pieces of one object');
  assert.is(pieces!.attributes!.statedArea, undefined, '100 and 50 are 150');
  assert.equal([report.matched, report.shapesRead, report.shapesKept, report.findings], [3, 5, 5, {}]);
});

test('a round trip gives the very same file, whatever the order of its tables', async () => {
  for (const sample of [
    SAMPLE,
    { annotations: SAMPLE.annotations, images: SAMPLE.images, info: SAMPLE.info, categories: SAMPLE.categories, licenses: SAMPLE.licenses },
  ]) {
    const losses: Losses = {};
    const back = await written((await read(sample)).labels, losses);
    assert.equal(byId(back.images), byId(SAMPLE.images));
    assert.equal(back.categories, SAMPLE.categories);
    assert.equal(byId(back.annotations), byId(SAMPLE.annotations));
    assert.equal([back.info, back.licenses], [SAMPLE.info, SAMPLE.licenses]);
    assert.equal(losses, {});
  }
});

test('holes are written as cuts, which other tools fill rightly, and come back as holes', async () => {
  const labels: LabelSet = {
    classes: [{ name: 'ring' }],
    pictures: [
      {
        name: 'a.png',
        width: 10,
        height: 10,
        shapes: [{ kind: 'polygon', label: 0, parts: [{ outer: [1, 1, 5, 1, 5, 5, 1, 5], holes: [[2, 2, 2, 4, 4, 4, 4, 2]] }] }],
      },
    ],
  };
  const losses: Losses = {};
  const file = await written(labels, losses);
  assert.equal(file.annotations[0]!.segmentation, [[1, 1, 2, 2, 2, 4, 4, 4, 4, 2, 2, 2, 1, 1, 5, 1, 5, 5, 1, 5]]);
  assert.equal([file.annotations[0]!.area, file.annotations[0]!.category_id, losses], [12, 1, { cuts: 1 }]);
  const shape = (await read(file)).labels.pictures[0]!.shapes[0]!;
  assert.equal({ ...shape, attributes: undefined }, { ...labels.pictures[0]!.shapes[0]!, attributes: undefined });
});

test('ids stay unique when sets are put together', async () => {
  const { labels } = await readCoco([fileOf('a.json', JSON.stringify(SAMPLE)), fileOf('b.json', JSON.stringify(SAMPLE).replaceAll('train/', 'val/'))], {});
  assert.is(labels.pictures.length, 6);
  const back = await written(labels);
  for (const list of [back.images, back.annotations]) assert.is(new Set(list.map(({ id }) => id)).size, list.length);
  const imageIds = new Set(back.images.map(({ id }) => id));
  assert.ok(back.annotations.every(({ image_id }) => imageIds.has(image_id)));
});

test('everything that is wrong is reported with its id, and the rest is read', async () => {
  const image = { id: 1, file_name: 'a.jpg', width: 100, height: 50 };
  const annotation = (id: number, rest: object): object => ({ id, image_id: 1, category_id: 1, iscrowd: 0, ...rest });
  const { labels, report } = await read(
    {
      images: [image, { id: 2, file_name: 'gone.jpg', width: 1, height: 1 }, { id: 3 }, 'x', { id: 4, file_name: './A.jpg', width: 100, height: 50 }],
      categories: [{ id: 1, name: 'dent' }, { name: 'no id' }],
      annotations: [
        annotation(1, { bbox: [10, 10, 20, 20] }),
        annotation(2, { bbox: [10, 10, 20, 20] }),
        annotation(3, { bbox: [90, 10, 20, 20] }),
        annotation(4, { bbox: [30, 40, -20, -10] }),
        annotation(5, { bbox: [30, 40, 0, 10] }),
        annotation(6, { bbox: [-1e6, -1e6, 2e6, 2e6] }),
        annotation(7, { bbox: [200, 200, 10, 10] }),
        annotation(8, { bbox: [1, 2, 3] }),
        annotation(9, { bbox: ['1', 2, 3, 4] }),
        annotation(10, { segmentation: [[1, 1, 2, 2]] }),
        annotation(11, { segmentation: [[0, 0, 20, 20, 20, 0, 0, 20]] }),
        annotation(12, { segmentation: [[0, 0, 20, 20, 20]] }),
        annotation(13, { segmentation: { size: [50, 100], counts: [1, 2, 3] } }),
        annotation(14, { segmentation: { size: [2, 2], counts: [1, 3] } }),
        annotation(15, { bbox: [1, 1, 5, 5], category_id: 77 }),
        annotation(16, { bbox: [1, 1, 5, 5], image_id: 99 }),
        annotation(17, { bbox: [1, 1, 5, 5], image_id: 2 }),
        annotation(18, { bbox: [1, 1, 1e300, 5] }),
        annotation(19, {}),
        null,
        annotation(20, { segmentation: [[1, 1, 8, 1, 8, 8]], image_id: 4 }),
      ],
    },
    {
      pictures: [
        { name: 'set/a.jpg', width: 100, height: 50 },
        { name: 'set/b.jpg', width: 5, height: 5 },
      ],
    },
  );
  const ids = Object.fromEntries(Object.entries(report.findings).map(([kind, { first }]) => [kind, first.map(({ id, item }) => id ?? `#${item}`)]));
  assert.equal(ids, {
    missing_picture: ['2', '16'],
    malformed: ['#3', '#4', '#2', '8', '9', '12', '13', '19', '#20'],
    duplicate_picture: ['4'],
    duplicate_shape: ['2'],
    clipped: ['3'],
    negative_size: ['4'],
    zero_area: ['5'],
    huge_shape: ['6'],
    outside: ['7'],
    too_few_points: ['10'],
    self_crossing: ['11'],
    mask_size: ['14'],
    unknown_class: ['15'],
    not_finite: ['18'],
  });
  assert.equal(report.findings.clipped!.first[0], { file: 'instances.json', item: 3, id: '3', picture: 'set/a.jpg', detail: '[90,10,20,20]' });
  assert.equal(
    labels.pictures[0]!.shapes.map((shape) => (shape.kind === 'box' ? [shape.x, shape.y, shape.width, shape.height] : shape.kind)),
    [[10, 10, 20, 20], [90, 10, 10, 20], [10, 30, 20, 10], [0, 0, 100, 50], 'polygon', [1, 1, 5, 5], 'polygon'],
  );
  assert.equal(
    labels.classes.map(({ name }) => name),
    ['dent', '77'],
  );
  assert.equal(report.unlabelled, { count: 1, first: ['set/b.jpg'] });
  assert.is(report.matched, 1);
});

test('pictures that were made smaller take their labels along', async () => {
  const sample = {
    images: [
      { id: 1, file_name: 'a.jpg', width: 4000, height: 3001 },
      { id: 2, file_name: 'b.jpg', width: 300, height: 400 },
    ],
    categories: [{ id: 1, name: 'x' }],
    annotations: [
      { id: 1, image_id: 1, category_id: 1, bbox: [400, 300.1, 800, 600.2], area: 800 * 600.2, iscrowd: 0 },
      { id: 2, image_id: 2, category_id: 1, bbox: [10, 10, 20, 20], area: 400, iscrowd: 0 },
    ],
  };
  const { labels, report } = await read(sample, {
    pictures: [
      { name: 'a.jpg', width: 800, height: 600 },
      { name: 'b.jpg', width: 400, height: 300 },
    ],
  });
  const shape = labels.pictures[0]!.shapes[0]! as unknown as { [key: string]: number };
  for (const [key, value] of Object.entries({ x: 80, y: 60, width: 160, height: 120 })) assert.ok(Math.abs(shape[key]! - value) < 1e-9);
  assert.equal(labels.pictures[1]!.shapes[0], { kind: 'box', x: 10, y: 10, width: 20, height: 20, label: 0, attributes: { extra: { coco: { id: 2 } } } });
  assert.equal([report.findings.size_differs!.count, report.findings.shape_differs!.first[0]!.detail], [1, '300 × 400 → 400 × 300']);
});

test('the lists of a report are capped, its counts are not', async () => {
  const annotations = Array.from({ length: 1000 }, (_, i) => ({ id: i, image_id: 1, category_id: 1, bbox: [i, 0, 0, 1] }));
  const { report } = await read({ images: [{ id: 1, file_name: 'a.jpg' }], categories: [{ id: 1, name: 'x' }], annotations });
  assert.equal([report.findings.zero_area!.count, report.findings.zero_area!.first.length], [1000, 100]);
});

test('NaN and Infinity of Python, and numbers that overflow', async () => {
  const text =
    '{"images":[{"id":1,"file_name":"NaN.jpg","width":10,"height":10}],"categories":[{"id":1,"name":"Infinity"}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[NaN,1,2,3]},{"id":2,"image_id":1,"category_id":1,"bbox":[1,1,-Infinity,3]},{"id":3,"image_id":1,"category_id":1,"bbox":[1,1,1e999,3]},{"id":4,"image_id":1,"category_id":1,"segmentation":[[1,1,NaN,2,3,3]]}]}';
  const { labels, report } = await read(text);
  assert.equal(
    [report.findings.not_finite!.count, labels.pictures[0]!.shapes, labels.pictures[0]!.name, labels.classes[0]!.name],
    [4, [], 'NaN.jpg', 'Infinity'],
  );
});

async function refused(value: unknown, code: string, context: ReadContext = {}): Promise<void> {
  try {
    await read(value, context);
  } catch (error) {
    assert.ok(error instanceof StudioError, String(error));
    assert.is((error as StudioError).code, code);
    return;
  }
  assert.unreachable(`${code} expected`);
}

test('files that are no COCO', async () => {
  await refused('', 'label_json');
  await refused('[]', 'label_structure');
  await refused('{}', 'label_structure');
  await refused('{"images": [', 'label_json');
  await refused('{"images": [] ', 'label_json');
  await refused('{"images": [{"id": 1,}]}', 'label_json');
  await refused('{"images": [1 2]}', 'label_json');
  await refused('{"images": [], }', 'label_json');
  await refused('{"images": []} x', 'label_json');
  await refused('[{"image_id": 1}]', 'label_structure');
  await refused(`{"images": [${'['.repeat(100_000)}]}`, 'label_too_deep');
  await refused(SAMPLE, 'label_file_too_large', { limits: { maxStreamedBytes: 100 } });
  await refused(SAMPLE, 'label_too_many', { limits: { maxShapes: 2 } });
  await refused(SAMPLE, 'label_too_many', { limits: { maxClasses: 2 } });
});

test('encodings: UTF-8 with mark, UTF-16, CP949, and a damaged one', async () => {
  const text = '{"images":[{"id":1,"file_name":"부품.jpg","width":1,"height":1}],"categories":[],"annotations":[]}';
  // 부품 in CP949.
  const cp949 = Buffer.concat([Buffer.from(text.split('부품')[0]!), Buffer.from([0xba, 0xce, 0xc7, 0xb0]), Buffer.from(text.split('부품')[1]!)]);
  for (const data of [Buffer.from(`\uFEFF${text}`), Buffer.from(`\uFEFF${text}`, 'utf16le'), cp949]) {
    const { labels } = await readCoco([fileOf('a.json', data)], {});
    assert.is(labels.pictures[0]!.name, '부품.jpg');
  }
  const damaged = Buffer.concat([Buffer.from(text.split('부품')[0]!), Buffer.from([0xff, 0xff]), Buffer.from(text.split('부품')[1]!)]);
  try {
    await readCoco([fileOf('a.json', damaged)], {});
    assert.unreachable();
  } catch (error) {
    assert.is((error as StudioError).code, 'label_encoding');
  }
});

test('a file in chunks of any size reads the same', async () => {
  const data = Buffer.from(JSON.stringify(SAMPLE, null, 1));
  const whole = await read(SAMPLE);
  for (const size of [1, 2, 3, 7, 64, 1000]) {
    const file: LabelFile = {
      name: 'instances.json',
      bytes: data.length,
      read: async () => data,
      chunks: async function* () {
        for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
      },
    };
    assert.equal(await readCoco([file], {}), whole, `chunks of ${size}`);
  }
});

test('keys that could harm are plain keys', async () => {
  const text =
    '{"images":[{"id":1,"file_name":"a.jpg","__proto__":{"polluted":1},"width":9,"height":9}],"categories":[{"id":1,"name":"__proto__"}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,2,2],"constructor":3,"__proto__":{"polluted":1}}]}';
  const { labels } = await read(text);
  assert.is(({} as { polluted?: number }).polluted, undefined);
  assert.is(labels.classes[0]!.name, '__proto__');
  const back = JSON.stringify(await written(labels));
  assert.ok(back.includes('"constructor":3') && back.includes('"polluted"'));
});

test('names with .. and drives are only compared', async () => {
  const { labels } = await read(
    {
      images: [
        { id: 1, file_name: '../../etc/passwd.jpg' },
        { id: 2, file_name: 'C:\\pics\\b.jpg' },
      ],
      categories: [],
      annotations: [],
    },
    {
      pictures: [
        { name: 'x/passwd.jpg', width: 1, height: 1 },
        { name: 'pics/b.jpg', width: 1, height: 1 },
      ],
    },
  );
  assert.equal(
    labels.pictures.map(({ name }) => name),
    ['x/passwd.jpg', 'pics/b.jpg'],
  );
});

test.run();
