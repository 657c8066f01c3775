/** Detection, and conversions from one format to another with the losses that docs/labels.md names. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StudioError } from '../errors.ts';
import { FORMAT_NAMES, type FormatName, type LabelSet, type Shape } from './annotation.ts';
import { detectFormat } from './detect.ts';
import { contentOf, fileOf, type LabelFile } from './files.ts';
import { FORMATS, readLabels } from './formats.ts';
import { lossesOf } from './losses.ts';
import { encodePng } from './png.ts';
import { type LabelProblem, PROBLEMS } from './problems.ts';
import { random, randomMask, starRing } from './random.fixture.ts';
import { FINDINGS, LOSSES, type Losses } from './report.ts';
import { encodeMask, mergeRle, rleArea } from './rle.ts';
import { boxOf, maskOf } from './shapes.ts';

const COCO = '{"info":{},"images":[],"annotations":[],"categories":[]}';
const LABELME = '{"version":"5.5.0","flags":{},"shapes":[],"imagePath":"a.jpg"}';
const photo = fileOf('images/a.jpg', Buffer.from([0xff, 0xd8, 0xff]));
const grey = await encodePng(Uint8Array.from([0, 1]), 2, 1, 1);
const indexed = await encodePng(Uint8Array.from([0, 1]), 2, 1, 1, Uint8Array.from([0, 0, 0, 1, 1, 1]));

test('tells formats apart', async () => {
  const cases: [FormatName, [string, string | Buffer][], number?][] = [
    ['coco', [['annotations/instances_train.json', COCO]]],
    [
      'coco',
      [
        ['_annotations.coco.json', `\uFEFF${COCO}`],
        ['README.dataset.txt', 'Exported by …'],
        ['data.json', '{"a.jpg":"x"}'],
      ],
    ],
    [
      'coco',
      [
        [
          'big.json',
          `{"info":{"x":1},"licenses":[],"images":[${Array.from({ length: 3000 }, (_, i) => `{"id":${i},"file_name":"${i}.jpg"}`).join(',')}],"annotations":[]}`,
        ],
      ],
    ],
    [
      'labelme',
      [
        ['a.json', LABELME],
        ['b.json', LABELME],
      ],
    ],
    ['labelme', [['a.json', `{"version":"4.0.0","flags":{},"imageData":"${'A'.repeat(100_000)}","shapes":[]}`]]],
    [
      'voc',
      [
        ['Annotations/a.xml', '<?xml version="1.0"?>\n<annotation><folder/></annotation>'],
        ['ImageSets/Main/train.txt', '2007_000027\n'],
      ],
    ],
    [
      'yolo',
      [
        ['labels/a.txt', '0 0.5 0.5 0.1 0.1\n'],
        ['data.yaml', 'names: [a]'],
        ['labels/b.txt', ''],
      ],
      3,
    ],
    [
      'yolo',
      [
        ['labels/a.txt', '\n0 0.1 0.1 0.2 0.2 0.3 0.1\n'],
        ['classes.txt', 'a\n'],
      ],
      2,
    ],
    [
      'masks',
      [
        ['SegmentationClass/a.png', grey],
        ['labelmap.txt', 'a:1,1,1::\n'],
      ],
      2,
    ],
    ['masks', [['a_mask.png', grey]]],
    ['masks', [['any/where.png', indexed]]],
    ['csv', [['labels.csv', 'filename,label\na.jpg,x\n']]],
    ['csv', [['any.tsv', 'a.jpg\tx\n']]],
    ['json', [['labels.json', '{"a.jpg":"x"}']]],
    ['json', [['x.json', '[{"filename":"a.jpg","label":"x"}]']]],
  ];
  for (const [format, files, count] of cases) {
    const found = await detectFormat([photo, ...files.map(([name, text]) => fileOf(name, text)), fileOf('__MACOSX/._a.xml', 'x'), fileOf('.DS_Store', 'x')]);
    assert.is(found.format, format, files[0]![0]);
    if (count !== undefined) assert.is(found.files.length, count, files[0]![0]);
    assert.not(found.files.includes(photo));
  }
});

test('what is no labels', async () => {
  for (const files of [
    [],
    [photo],
    [fileOf('README.txt', 'hello')],
    [fileOf('a.xml', '<svg/>')],
    [fileOf('photo.png', grey)],
    [fileOf('data.yaml', 'names: [a]')],
  ]) {
    try {
      await detectFormat(files);
      assert.unreachable();
    } catch (error) {
      assert.is((error as StudioError).code, 'label_format_unknown');
      assert.instance(error, StudioError);
    }
  }
});

test('files of another format are named in the report', async () => {
  const { report } = await readLabels([fileOf('a.json', COCO), fileOf('b.xml', '<annotation/>'), photo], {});
  assert.equal([report.format, report.findings.ignored_file!.first.map(({ file }) => file)], ['coco', ['b.xml']]);
});

// ---------------------------------------------------------------- conversions

const SIZE = { width: 64, height: 48 };
const tidy = (value: number): number => Math.round(value * 1e3) / 1e3;

function sampleSet(seed: number, kinds: readonly Shape['kind'][]): LabelSet {
  const r = random(seed);
  const classes = [{ name: '긁힘' }, { name: 'dent: deep' }, { name: 'a "b" & <c>' }];
  const pictures = Array.from({ length: 6 }, (_, n) => ({
    name: n % 2 === 0 ? `line ${n}/사진.png` : `lot/${n}.jpg`,
    ...SIZE,
    shapes: Array.from({ length: n === 3 ? 0 : r.int(1, 4) }, (): Shape => {
      const kind = kinds[r.int(0, kinds.length - 1)]!;
      const label = r.int(0, 2);
      if (kind === 'whole') return { kind, label };
      if (kind === 'box')
        return { kind, x: tidy(30 * r.next()), y: tidy(20 * r.next()), width: tidy(2 + 25 * r.next()), height: tidy(2 + 25 * r.next()), label };
      if (kind === 'polygon') return { kind, parts: [{ outer: starRing(r, 32, 24, 5, 20, 11).map(tidy), holes: [] }], label };
      let mask = randomMask(r, SIZE.width, SIZE.height);
      while (!mask.includes(1)) mask = randomMask(r, SIZE.width, SIZE.height);
      return { kind: 'mask', rle: encodeMask(mask, SIZE.width, SIZE.height), label };
    }),
  }));
  return { classes, pictures };
}

async function through(set: LabelSet, format: FormatName, problem: LabelProblem): Promise<{ set: LabelSet; losses: Losses; files: LabelFile[] }> {
  const losses: Losses = {};
  const files: LabelFile[] = [];
  for await (const file of FORMATS[format].write!(set, problem, losses)) files.push(fileOf(file.name, await contentOf(file)));
  const { labels, report } = await FORMATS[format].read(files, { pictures: set.pictures, classes: set.classes.map(({ name }) => ({ name })) });
  assert.equal(report.findings, {}, `${format}: nothing wrong with what we write`);
  return { set: labels, losses, files };
}

/** Geometry and class alone, by picture. */
const plain = (set: LabelSet): unknown =>
  Object.fromEntries(set.pictures.map(({ name, shapes }) => [name, shapes.map(({ attributes: _, ...shape }) => shape)]));

test('every format keeps what it can hold', async () => {
  const cases: [FormatName, LabelProblem, Shape['kind'][]][] = [
    ['coco', 'detection', ['box']],
    ['coco', 'instance_segmentation', ['box', 'polygon', 'mask']],
    ['yolo', 'detection', ['box']],
    ['yolo', 'instance_segmentation', ['polygon']],
    ['voc', 'detection', ['box']],
    ['labelme', 'instance_segmentation', ['box', 'polygon', 'mask']],
  ];
  for (const [format, problem, kinds] of cases) {
    for (const seed of [1, 2, 3]) {
      const set = sampleSet(seed, kinds);
      const { set: back, losses } = await through(set, format, problem);
      assert.equal([plain(back), losses], [plain(set), {}], `${format} ${problem}`);
      assert.equal(
        back.classes.map(({ name }) => name),
        set.classes.map(({ name }) => name),
      );
    }
  }
});

test('what is written in a format is recognised as it', async () => {
  for (const format of FORMAT_NAMES) {
    if (FORMATS[format].write === null) continue;
    const problem = PROBLEMS[format][0]!;
    const kinds: Shape['kind'][] = problem === 'classification' ? ['whole'] : ['box'];
    const set = sampleSet(5, kinds);
    if (problem === 'classification') for (const picture of set.pictures) picture.shapes.length = Math.min(1, picture.shapes.length);
    const { files } = await through(set, format, problem);
    assert.is((await detectFormat(files)).format, format);
  }
});

test('the losses that the documentation names, and no others', async () => {
  const lost = async (format: FormatName, problem: LabelProblem, kinds: Shape['kind'][]): Promise<string[]> =>
    Object.keys((await through(sampleSet(9, kinds), format, problem)).losses).sort();
  assert.equal(await lost('yolo', 'detection', ['polygon', 'mask']), ['box_from_polygon']);
  assert.equal(await lost('yolo', 'instance_segmentation', ['box']), ['polygon_from_box']);
  assert.equal(await lost('yolo', 'instance_segmentation', ['mask']), ['cuts', 'polygon_from_mask']);
  assert.equal(await lost('voc', 'detection', ['polygon']), ['box_from_polygon']);
  assert.equal(await lost('masks', 'semantic_segmentation', ['box']), ['instances', 'overlap', 'rasterised']);
  assert.equal(await lost('coco', 'instance_segmentation', ['whole']), ['shape']);
});

test('boxes around: polygons and masks to VOC and YOLO boxes', async () => {
  const set = sampleSet(11, ['polygon', 'mask']);
  for (const format of ['voc', 'yolo'] as const) {
    const back = (await through(set, format, 'detection')).set;
    for (const picture of set.pictures) {
      const boxes = back.pictures.find(({ name }) => name === picture.name)!.shapes.map((shape) => boxOf(shape)!);
      for (const [i, box] of boxes.entries()) {
        const expected = boxOf(picture.shapes[i]!)!;
        for (const side of ['x', 'y', 'width', 'height'] as const) assert.ok(Math.abs(box[side] - expected[side]) < 1e-9);
      }
    }
  }
});

test('masks → polygons → masks by way of YOLO loses no pixel', async () => {
  const set = sampleSet(12, ['mask']);
  const back = (await through(set, 'yolo', 'instance_segmentation')).set;
  for (const [i, picture] of set.pictures.entries()) {
    assert.equal(
      back.pictures[i]!.shapes.map((shape) => maskOf(shape, SIZE.width, SIZE.height)),
      picture.shapes.map((shape) => maskOf(shape, SIZE.width, SIZE.height)),
    );
  }
});

test('shapes → mask PNGs: each pixel has the class of the last shape over it', async () => {
  const set = sampleSet(13, ['box', 'polygon', 'mask']);
  const { set: back } = await through(set, 'masks', 'semantic_segmentation');
  for (const [i, picture] of set.pictures.entries()) {
    for (let label = 0; label < set.classes.length; label += 1) {
      let expected = encodeMask(new Uint8Array(SIZE.width * SIZE.height), SIZE.width, SIZE.height);
      for (const shape of picture.shapes) {
        const mask = maskOf(shape, SIZE.width, SIZE.height);
        expected = mergeRle([expected, mask], shape.label === label ? 'union' : 'difference');
      }
      const found = back.pictures[i]!.shapes.find((shape) => shape.label === label);
      if (rleArea(expected) === 0) assert.is(found, undefined);
      else assert.equal(maskOf(found!, SIZE.width, SIZE.height), expected);
    }
  }
  // Masks as such go on without loss.
  const again = await through(back, 'masks', 'semantic_segmentation');
  assert.equal([plain(again.set), again.losses], [plain(back), {}]);
  const coco = await through(back, 'coco', 'semantic_segmentation');
  assert.equal(plain(coco.set), plain(back));
});

test('attributes: kept by formats that have them, counted by those that do not', async () => {
  const shape: Shape = {
    kind: 'box',
    x: 1,
    y: 2,
    width: 3,
    height: 4,
    label: 0,
    attributes: { difficult: true, truncated: false, occluded: true, pose: 'Left' },
  };
  const set: LabelSet = { classes: [{ name: 'a' }], pictures: [{ name: 'p.jpg', ...SIZE, shapes: [shape] }] };
  assert.equal((await through(set, 'voc', 'detection')).set.pictures[0]!.shapes, [shape]);
  for (const format of ['coco', 'yolo', 'labelme'] as const) assert.equal((await through(set, format, 'detection')).losses, { attributes: 1 });
  const scored: LabelSet = { ...set, pictures: [{ ...set.pictures[0]!, shapes: [{ ...shape, attributes: { score: 0.25 } }] }] };
  for (const format of ['coco', 'yolo'] as const)
    assert.equal((await through(scored, format, 'detection')).set.pictures[0]!.shapes[0]!.attributes!.score, 0.25);
});

test('every finding and loss has its sentence in both languages', () => {
  for (const [kind, { ko, en }] of Object.entries({ ...FINDINGS, ...LOSSES })) {
    assert.match(ko, /[가-힣].*니다\.$/, kind);
    assert.match(en, /^[A-Z].*\.$/, kind);
  }
});

test('what is lost of a large mask is told by a small one', async () => {
  const side = 1024;
  const lost = async (inside: (x: number, y: number) => boolean) => {
    const pixels = Uint8Array.from({ length: side * side }, (_, i) => (inside(i % side, Math.floor(i / side)) ? 1 : 0));
    const example: Shape = { kind: 'mask', rle: encodeMask(pixels, side, side), label: 0 };
    return lossesOf([{ example, count: 3 }], [{ name: 'a' }], 'yolo', 'instance_segmentation');
  };
  assert.equal(await lost((x, y) => Math.hypot(x - 500, y - 500) < 400 && Math.hypot(x - 500, y - 500) > 200), { polygon_from_mask: 3, cuts: 3 });
  assert.equal(await lost((x, y) => x > 100 && y > 700), { polygon_from_mask: 3 });
  // Every outline of this, joined with every other, would take hours.
  assert.is((await lost((x, y) => (x + y) % 2 === 0)).polygon_from_mask, 3);
});

test.run();
