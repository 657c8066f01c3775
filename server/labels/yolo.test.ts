import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StudioError } from '../errors.ts';
import type { LabelSet, Shape } from './annotation.ts';
import { namesOfLines, namesOfYaml, yamlScalar } from './class-names.ts';
import { contentOf, fileOf, type WrittenFile } from './files.ts';
import { random, starRing } from './random.fixture.ts';
import type { Losses } from './report.ts';
import { readYolo, writeYolo } from './yolo.ts';

const PICTURES = [
  { name: 'images/train/a.jpg', width: 640, height: 480 },
  { name: 'images/val/a.jpg', width: 100, height: 200 },
  { name: 'images/train/b.png', width: 1000, height: 1000 },
];
const YAML = `# COCO8-seg dataset by Ultralytics
path: coco8-seg # dataset root dir
train: images/train
val: images/val
test: # test images (optional)

# Classes
names:
  0: person
  1: "traffic light: red" # with a colon
  2: '긁힘 #2'

download: https://example.org/x.zip
`;

async function filesOf(files: AsyncIterable<WrittenFile>): Promise<{ [name: string]: string }> {
  const out: { [name: string]: string } = {};
  for await (const file of files) out[file.name] = (await contentOf(file)).toString();
  return out;
}

test('reads boxes and lines as documented', async () => {
  const { labels, report } = await readYolo(
    [fileOf('data.yaml', YAML), fileOf('labels/train/a.txt', '2 0.5 0.5 0.25 0.5\n0 0.681 0.485 0.670 0.487 0.676 0.487\n'), fileOf('labels/val/a.txt', '')],
    { pictures: PICTURES },
  );
  assert.equal(
    labels.classes.map(({ name }) => name),
    ['person', 'traffic light: red', '긁힘 #2'],
  );
  const [train, val] = labels.pictures;
  assert.is(train!.name, 'images/train/a.jpg');
  assert.equal(train!.shapes, [
    { kind: 'box', x: 240, y: 120, width: 160, height: 240, label: 2 },
    { kind: 'polygon', parts: [{ outer: [435.84, 232.8, 428.8, 233.76, 432.64, 233.76], holes: [] }], label: 0 },
  ]);
  assert.equal([val!.name, val!.shapes], ['images/val/a.jpg', []], 'an empty file says that nothing is shown');
  assert.equal(report.unlabelled, { count: 1, first: ['images/train/b.png'] });
  assert.equal(report.findings, {});
});

test('rows with scores', async () => {
  const { labels } = await readYolo([fileOf('b.txt', '0 0.5 0.5 0.2 0.2 0.91\n0 0.1 0.1 0.2 0.1 0.2 0.2 0.1 0.2 0.75\n'), fileOf('classes.txt', 'dent\n\n')], {
    pictures: PICTURES,
  });
  assert.equal(
    labels.pictures[0]!.shapes.map(({ kind, attributes }) => [kind, attributes!.score]),
    [
      ['box', 0.91],
      ['polygon', 0.75],
    ],
  );
});

test('lists of names in every style of YAML', () => {
  const list = (text: string): (string | undefined)[] => {
    const names = namesOfYaml(text)!;
    return Array.from({ length: Math.max(...names.keys()) + 1 }, (_, i) => names.get(i));
  };
  assert.equal(list("nc: 3\nnames: ['head', 'helmet', 'person']\n"), ['head', 'helmet', 'person']);
  assert.equal(list("names: [a, \"b, c\", 'it''s', ]\nnc: 3"), ['a', 'b, c', "it's"]);
  assert.equal(list('names: [a,\n  b, # two\n  c]\n'), ['a', 'b', 'c']);
  assert.equal(list('names:\n- a\n- b b\nnc: 2\n'), ['a', 'b b']);
  assert.equal(list('names:\n  - a\n  - "b\\u00e9"\n'), ['a', 'bé']);
  assert.equal(list('names: {0: a, 2: "c:d"}'), ['a', undefined, 'c:d']);
  assert.equal(list("\uFEFF'names' :\r\n  0: don't\r\n  1: b#1\r\n"), ["don't", 'b#1']);
  assert.is(namesOfYaml('nc: 3\n'), null);
  assert.throws(() => namesOfYaml('names: &anchor\n'), SyntaxError);
  assert.throws(() => namesOfYaml('names: [a, b\n'), SyntaxError);
  assert.throws(() => namesOfYaml('names:\n  a: b\n'), SyntaxError);
  assert.throws(() => namesOfYaml('names:\n  0: a\n    1: b\n'), SyntaxError);
  assert.equal(namesOfLines('\uFEFFa\r\n b \n\n'), ['a', 'b']);
});

test('names survive being written as YAML', () => {
  const names = ['a', 'true', 'no', '- x', 'a: b', '"q"', "it's", '한글 이름', '1', '#c', ' lead', 'tab\t', 'x ', '[a]', '{', 'null', '*x', 'a # b', '\n'];
  const text = `names:\n${names.map((name, i) => `  ${i}: ${yamlScalar(name)}\n`).join('')}`;
  assert.equal([...namesOfYaml(text)!.values()], names);
});

test('text → labels → text', async () => {
  const rows = '2 0.617 0.3594420600858369 0.114 0.17381974248927\n0 0.1 0.25 0.2 0.25 0.2 0.5 0.15 0.625\n1 0.5 0.5 1 1 0.5\n';
  const { labels } = await readYolo([fileOf('data.yaml', YAML), fileOf('labels/train/b.txt', rows)], { pictures: PICTURES });
  const boxes = await filesOf(
    writeYolo({ ...labels, pictures: [{ ...labels.pictures[0]!, shapes: [labels.pictures[0]!.shapes[0]!, labels.pictures[0]!.shapes[2]!] }] }, { rows: 'box' }),
  );
  assert.equal(boxes['labels/images/train/b.txt']!.split('\n').slice(0, 2), ['2 0.617 0.359442060085837 0.114 0.17381974248927', '1 0.5 0.5 1 1 0.5']);
  const lines = await filesOf(writeYolo(labels, { rows: 'segment' }));
  assert.is(lines['labels/images/train/b.txt']!.split('\n')[1], '0 0.1 0.25 0.2 0.25 0.2 0.5 0.15 0.625');
  assert.equal([...namesOfYaml(lines['data.yaml']!)!.values()], ['person', 'traffic light: red', '긁힘 #2']);
});

test('pixels → text → pixels is exact for coordinates with up to six decimals', async () => {
  const r = random(21);
  const pictures = Array.from({ length: 40 }, (_, i) => ({ name: `p/${i}.jpg`, width: r.int(50, 6000), height: r.int(50, 6000) }));
  const tidy = (value: number): number => Math.round(value * 1e6) / 1e6;
  for (const rows of ['box', 'segment'] as const) {
    const set: LabelSet = {
      classes: [{ name: 'a' }, { name: 'b' }],
      pictures: pictures.map((picture) => ({
        ...picture,
        shapes: Array.from({ length: 5 }, (): Shape => {
          const [x, y] = [tidy((picture.width / 2) * r.next()), tidy((picture.height / 2) * r.next())];
          if (rows === 'box')
            return {
              kind: 'box',
              x,
              y,
              width: tidy(1 + (picture.width / 3) * r.next()),
              height: tidy(1 + (picture.height / 3) * r.next()),
              label: r.int(0, 1),
            };
          return { kind: 'polygon', parts: [{ outer: starRing(r, picture.width / 2, picture.height / 2, 5, 20, 9).map(tidy), holes: [] }], label: r.int(0, 1) };
        }),
      })),
    };
    const losses: Losses = {};
    const written = await filesOf(writeYolo(set, { rows, losses }));
    const { labels, report } = await readYolo(
      Object.entries(written).map(([name, text]) => fileOf(name, text)),
      { pictures },
    );
    assert.equal(labels.pictures, set.pictures);
    assert.equal([losses, report.findings], [{}, {}]);
  }
});

test('pieces and holes go over cuts and come back', async () => {
  const shape: Shape = {
    kind: 'polygon',
    label: 0,
    parts: [
      { outer: [1, 1, 5, 1, 5, 5, 1, 5], holes: [[2, 2, 2, 4, 4, 4, 4, 2]] },
      { outer: [7, 7, 9, 7, 9, 9, 7, 9], holes: [] },
    ],
  };
  const losses: Losses = {};
  const files = await filesOf(
    writeYolo({ classes: [{ name: 'a' }], pictures: [{ name: 'a.jpg', width: 10, height: 10, shapes: [shape] }] }, { rows: 'segment', losses }),
  );
  assert.equal(losses, { cuts: 1 });
  const { labels } = await readYolo(
    Object.entries(files).map(([name, text]) => fileOf(name, text)),
    { pictures: [{ name: 'a.jpg', width: 10, height: 10 }] },
  );
  const back = labels.pictures[0]!.shapes[0] as Shape & { kind: 'polygon' };
  assert.equal(new Set(back.parts.map(({ holes }) => holes.length)), new Set([0, 1]));
});

test('classes: without names, beyond the list, and those of the dataset', async () => {
  const rows = '3 0.5 0.5 0.2 0.2\n1 0.5 0.5 0.1 0.1\n';
  const bare = await readYolo([fileOf('b.txt', rows)], { pictures: PICTURES });
  assert.equal(
    bare.labels.classes.map(({ name }) => name),
    ['0', '1', '2', '3'],
  );
  assert.equal(
    bare.labels.pictures[0]!.shapes.map(({ label }) => label),
    [3, 1],
  );
  assert.is(bare.report.findings.class_names_missing!.count, 2);
  const own = await readYolo([fileOf('b.txt', rows)], { pictures: PICTURES, classes: [{ name: 'ok' }, { name: 'ng' }] });
  assert.equal(
    own.labels.classes.map(({ name }) => name),
    ['ok', 'ng', '3'],
  );
  assert.equal(
    own.labels.pictures[0]!.shapes.map(({ label }) => label),
    [2, 1],
  );
  assert.is(own.report.findings.unknown_class!.count, 1);
  const mapped = await readYolo([fileOf('b.txt', rows), fileOf('data.yaml', 'names: [x, ng]')], {
    pictures: PICTURES,
    classes: [{ name: 'ok' }, { name: 'ng' }],
  });
  assert.equal(
    mapped.labels.classes.map(({ name }) => name),
    ['ok', 'ng', 'x', '3'],
  );
  assert.equal(
    mapped.labels.pictures[0]!.shapes.map(({ label }) => label),
    [3, 1],
  );
});

test('rows that are wrong are reported with their line', async () => {
  const rows = [
    '0 0.5 0.5 0.2 0.2',
    'person 0.5 0.5 0.2 0.2',
    '0 0.5 0.5 0.2',
    '0.5 0.5 0.5 0.2 0.2',
    '-1 0.5 0.5 0.2 0.2',
    '0 320 240 50 60',
    '0 nan 0.5 0.2 0.2',
    '0 0.5 0.5 0 0.2',
    '0 0.95 0.5 0.2 0.2',
    '0 1.5 1.5 0.2 0.2',
    '',
    '0 0.5 0.5 -0.1 0.1',
    '0 0x1F 0.5 0.1 0.1',
    '0 1e-1 .5 +0.1 1.e-1',
    '0 0.1 0.1 0.1 0.1 0.1 0.1',
  ];
  const { labels, report } = await readYolo(
    [
      fileOf('data.yaml', 'names: [a]'),
      fileOf('labels/train/b.txt', rows.join('\r\n')),
      fileOf('README.md', 'x'),
      fileOf('labels/c.txt', ''),
      fileOf('labels/a.txt', ''),
    ],
    { pictures: PICTURES },
  );
  const at = Object.fromEntries(Object.entries(report.findings).map(([kind, { first }]) => [kind, first.map(({ row, file }) => row ?? file)]));
  assert.equal(at, {
    malformed: [2, 3, 4, 5, 13],
    not_finite: [6, 7],
    zero_area: [8],
    clipped: [9],
    outside: [10],
    negative_size: [12],
    too_few_points: [15],
    ignored_file: ['README.md'],
    missing_picture: ['labels/c.txt'],
    ambiguous_picture: ['labels/a.txt'],
  });
  assert.is(labels.pictures[0]!.shapes.length, 4);
});

test('without sizes nothing can be read or written', async () => {
  const code = async (run: () => Promise<unknown>): Promise<string> => {
    try {
      await run();
    } catch (error) {
      return error instanceof StudioError ? error.code : String(error);
    }
    return 'no error';
  };
  assert.is(await code(() => readYolo([fileOf('a.txt', '0 0.5 0.5 0.2 0.2')], {})), 'label_size_unknown');
  assert.is(
    await code(() => filesOf(writeYolo({ classes: [], pictures: [{ name: 'a', width: 0, height: 0, shapes: [] }] }, { rows: 'box' }))),
    'label_size_unknown',
  );
  assert.is(await code(() => readYolo([fileOf('a.txt', Buffer.from([0x30, 0x20, 0xff, 0xff]))], { pictures: PICTURES })), 'label_encoding');
  assert.is(await code(() => readYolo([fileOf('a.txt', 'x'.repeat(100))], { pictures: PICTURES, limits: { maxFileBytes: 10 } })), 'label_file_too_large');
});

test('written names stay in their folder and apart', async () => {
  const picture = { width: 10, height: 10, shapes: [] };
  const files = await filesOf(
    writeYolo(
      {
        classes: [],
        pictures: ['../../etc/a.jpg', '/abs/b.jpg', 'C:\\x\\c.jpg', 'con.jpg', 'd.jpg', 'D.png', 'e\u0000.jpg'].map((name) => ({ name, ...picture })),
      },
      { rows: 'box' },
    ),
  );
  assert.equal(Object.keys(files), [
    'data.yaml',
    'labels/etc/a.txt',
    'labels/abs/b.txt',
    'labels/C_/x/c.txt',
    'labels/_con.txt',
    'labels/d.txt',
    'labels/D_2.txt',
    'labels/e_.txt',
  ]);
});

test.run();
