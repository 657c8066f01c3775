import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Shape } from '../labels/annotation.ts';
import { DamagedFileError } from './durable.ts';
import { LabelSet, LabelSetWriter, labelFolder, writeClassLabels } from './label-set.ts';
import { PictureSet, PictureSetWriter } from './pictures.ts';

const root = mkdtempSync(join(tmpdir(), 'ai-studio-test-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

test('classification: a class a picture, none where there is no label', async () => {
  const dir = labelFolder(join(root, 'a'), 1);
  const written = await writeClassLabels(dir, ['ok', '양호', 'unused'], [1, null, 0, 1]);
  assert.equal(written, {
    labelled: 3,
    classes: [
      { name: 'ok', count: 1 },
      { name: '양호', count: 2 },
      { name: 'unused', count: 0 },
    ],
  });
  const set = await LabelSet.open(dir);
  assert.equal(
    [0, 1, 2, 3, 4].map((n) => [set.labelOf(n), set.has(n), set.hasClass(n, 1)]),
    [
      [1, true, true],
      [null, false, false],
      [0, true, false],
      [1, true, true],
      [null, false, false],
    ],
  );
  assert.equal([set.labelled, set.classes.length, await set.shapes(0)], [3, 3, null]);
  await set.close();
});

test('shapes: read back as written, empty ones too; the classes of each picture are known without reading them', async () => {
  const dir = labelFolder(join(root, 'b'), 3);
  const shapes: Shape[] = [
    { kind: 'box', x: 1.5, y: 2, width: 3, height: 4, label: 1, attributes: { difficult: true, extra: { voc: { part: '머리' } } } },
    { kind: 'polygon', parts: [{ outer: [0, 0, 9, 0, 9, 9], holes: [[1, 1, 2, 1, 2, 2]] }], label: 0 },
    { kind: 'mask', rle: { width: 4, height: 4, counts: '04L4' }, label: 1 },
  ];
  const head = {
    problem: 'instance_segmentation' as const,
    classes: [
      { name: 'a', id: 7 },
      { name: 'b', colour: [1, 2, 3] as [number, number, number] },
    ],
    extra: { coco: { info: { year: 2021 } } },
  };
  const writer = await LabelSetWriter.create(dir, head);
  await writer.add(0, { shapes });
  await writer.add(5000, { shapes: [], extra: { coco: { id: 12 } } });
  let failed: unknown;
  await writer.add(5000, { shapes: [] }).catch((error: unknown) => (failed = error));
  assert.instance(failed, RangeError);
  await writer.add(5001, { label: 0 }).catch((error: unknown) => (failed = error));
  assert.match((failed as Error).message, 'another problem');
  await writer.add(5001, { shapes: [{ kind: 'whole', label: 2 }] }).catch((error: unknown) => (failed = error));
  assert.match((failed as Error).message, 'class 2');
  assert.equal(await writer.finish(), {
    labelled: 2,
    classes: [
      { name: 'a', count: 1, shapes: 1 },
      { name: 'b', colour: [1, 2, 3], count: 1, shapes: 2 },
    ],
  });
  const set = await LabelSet.open(dir);
  const { forms, melting, labelled, ...written } = set.head;
  assert.equal([written, melting, labelled], [head, 1, set.labelled]);
  assert.equal(
    forms.map(({ example, count }) => [example.kind, count]),
    [
      ['box', 1],
      ['polygon', 1],
      ['mask', 1],
    ],
  );
  assert.equal(await set.shapes(0), shapes);
  assert.equal(await set.picture(5000), { shapes: [], extra: { coco: { id: 12 } } });
  assert.equal([await set.shapes(1), set.has(5000), set.has(5001), set.labelOf(0)], [null, true, false, null]);
  assert.equal(set.countsOf(0), [
    { label: 1, shapes: 2 },
    { label: 0, shapes: 1 },
  ]);
  assert.equal([set.hasClass(0, 0), set.hasClass(5000, 0)], [true, false]);
  await set.close();
});

test('a folder without labels and a second set in one folder are refused', async () => {
  let failed = 0;
  await LabelSet.open(join(root, 'none')).catch(() => (failed += 1));
  await LabelSetWriter.create(labelFolder(join(root, 'a'), 1), { problem: 'classification', classes: [] }).catch(() => (failed += 1));
  assert.is(failed, 2);
});

test('what a disk has lost or turned is told by the name of its file, and never left out without a word', async () => {
  const pictures = join(root, 'pictures');
  mkdirSync(pictures);
  const set = await PictureSetWriter.create(pictures);
  for (let n = 0; n < 9; n++) await set.add({ name: `${n}.png`, width: 4, height: 4, mime: 'image/png' }, Buffer.alloc(50 + n, n));
  await set.finish();
  const shapes = labelFolder(pictures, 1);
  const writer = await LabelSetWriter.create(shapes, { problem: 'detection', classes: [{ name: 'a' }] });
  for (let n = 0; n < 9; n++) await writer.add(n, { shapes: [{ kind: 'box', x: n, y: 1, width: 2, height: 2, label: 0 }] });
  await writer.finish();
  const classes = labelFolder(pictures, 2);
  await writeClassLabels(
    classes,
    ['a'],
    Array.from({ length: 9 }, () => 0),
  );

  const told = async (file: string, open: () => Promise<{ close(): Promise<void> }>) => {
    const whole = readFileSync(file);
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
    // Without its last line, cut within it, and with a bit of a number turned.
    for (const damaged of [whole.subarray(0, lastLine || 20), whole.subarray(0, whole.length - 3), Buffer.from(whole).fill(0, lastLine + 3, lastLine + 4)]) {
      writeFileSync(file, damaged);
      const error: unknown = await open().then(
        (opened) => opened.close(),
        (reason: unknown) => reason,
      );
      assert.instance(error, DamagedFileError, `${file} ${damaged.length} of ${whole.length}`);
      assert.is((error as DamagedFileError).file, file);
    }
    writeFileSync(file, whole);
    await (await open()).close();
  };
  await told(join(pictures, 'items.jsonl'), () => PictureSet.open(pictures));
  await told(join(shapes, 'index.jsonl'), () => LabelSet.open(shapes));
  await told(join(classes, 'labels.jsonl'), () => LabelSet.open(classes));
  for (const [file, open] of [
    [join(pictures, 'pictures.pack'), () => PictureSet.open(pictures)],
    [join(shapes, 'labels.jsonl'), () => LabelSet.open(shapes)],
  ] as const) {
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length - 1));
    const error: unknown = await (open() as Promise<unknown>).catch((reason: unknown) => reason);
    assert.is((error as DamagedFileError).file, file);
    writeFileSync(file, whole);
  }
});

test.run();
