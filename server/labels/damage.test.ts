/** Files that were damaged at random: every reader gives labels that can be used, or an error of the catalogue, and nothing else. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StudioError } from '../errors.ts';
import type { FormatName, LabelSet } from './annotation.ts';
import { damaged } from './damage.fixture.ts';
import { fileOf, type LabelFile } from './files.ts';
import { FORMATS, readLabels } from './formats.ts';
import type { ReadResult } from './intake.ts';
import { encodePng } from './png.ts';
import { random } from './random.fixture.ts';
import { encodeCounts, runsOf } from './rle.ts';

const PICTURES = ['a', 'b'].map((name) => ({ name: `images/${name}.jpg`, width: 40, height: 30 }));
const mask = await encodePng(
  Uint8Array.from({ length: 1200 }, (_, i) => i % 3),
  40,
  30,
  1,
  new Uint8Array(768).fill(7),
);
const small = await encodePng(Uint8Array.from([1, 0, 1, 1, 1, 1, 0, 1]), 4, 2, 1);

const SAMPLES: { [format in FormatName]?: [string, Buffer | string][] } = {
  coco: [
    [
      'c.json',
      JSON.stringify({
        images: [
          { id: 1, file_name: 'a.jpg', width: 40, height: 30 },
          { id: 2, file_name: 'b.jpg', width: 80, height: 60 },
        ],
        categories: [
          { id: 1, name: 'x' },
          { id: 2, name: 'y' },
        ],
        annotations: [
          { id: 1, image_id: 1, category_id: 1, bbox: [1, 2, 30, 4], area: 12, iscrowd: 0 },
          { id: 2, image_id: 2, category_id: 2, segmentation: [[1, 1, 70, 1, 35.5, 55.25]], bbox: [1, 1, 69, 54.25], area: 5, iscrowd: 0 },
          { id: 3, image_id: 1, category_id: 2, segmentation: { size: [30, 40], counts: [100, 50, 1050] }, bbox: [3, 0, 3, 30], area: 50, iscrowd: 1 },
          {
            id: 4,
            image_id: 1,
            category_id: 2,
            segmentation: { size: [30, 40], counts: encodeCounts([200, 50, 950]) },
            bbox: [3, 0, 3, 30],
            area: 50,
            iscrowd: 0,
          },
        ],
      }),
    ],
  ],
  yolo: [
    ['labels/a.txt', '0 0.5 0.5 0.2 0.3\n1 0.1 0.1 0.9 0.2 0.5 0.8\n0 0.5 0.5 0.25 0.25 0.9\n'],
    ['labels/b.txt', '1 0.25 0.75 0.5 0.5\n'],
    ['data.yaml', 'nc: 2\nnames:\n  0: x\n  1: "y"\n'],
  ],
  voc: ['a', 'b'].map((name) => [
    `${name}.xml`,
    `<annotation><filename>${name}.jpg</filename><size><width>40</width><height>30</height><depth>3</depth></size><object><name>x</name><difficult>0</difficult><bndbox><xmin>3</xmin><ymin>4</ymin><xmax>30</xmax><ymax>20</ymax></bndbox></object></annotation>`,
  ]),
  labelme: ['a', 'b'].map((name) => [
    `${name}.json`,
    JSON.stringify({
      version: '5.5.0',
      flags: {},
      shapes: [
        {
          label: 'x',
          points: [
            [1, 1],
            [30, 2],
            [15, 25],
          ],
          group_id: 1,
          shape_type: 'polygon',
          flags: {},
          mask: null,
        },
        {
          label: 'y',
          points: [
            [20, 10],
            [3, 4],
          ],
          group_id: null,
          shape_type: 'rectangle',
          flags: { f: true },
          mask: null,
        },
        {
          label: 'z',
          points: [
            [20, 15],
            [24, 15],
          ],
          shape_type: 'circle',
        },
        {
          label: 'm',
          points: [
            [2, 2],
            [5, 3],
          ],
          shape_type: 'mask',
          mask: small.toString('base64'),
        },
      ],
      imagePath: `${name}.jpg`,
      imageData: null,
      imageHeight: 30,
      imageWidth: 40,
    }),
  ]),
  masks: [
    ['masks/a.png', mask],
    ['labelmap.txt', 'background:0,0,0::\nx:1,2,3::\ny:7,7,8::\n'],
  ],
  csv: [['l.csv', 'filename,label\na.jpg,x\n"b.jpg","y, z"\n']],
  json: [['l.json', '{"classes":["x","y"],"labels":[{"filename":"a.jpg","label":"x"},{"filename":"b.jpg","label":"y"}]}']],
};

/** What everything behind the readers may rely on. */
function usable(set: LabelSet): void {
  for (const { name, width, height, shapes } of set.pictures) {
    assert.ok(PICTURES.some((picture) => picture.name === name && picture.width === width && picture.height === height));
    const inside = (x: number, y: number): void => assert.ok(x >= -1e-3 && y >= -1e-3 && x <= width + 1e-3 && y <= height + 1e-3, `${x}, ${y}`);
    for (const shape of shapes) {
      assert.ok(set.classes[shape.label] !== undefined);
      if (shape.kind === 'box') {
        assert.ok(shape.width > 0 && shape.height > 0);
        inside(shape.x, shape.y);
        inside(shape.x + shape.width, shape.y + shape.height);
      } else if (shape.kind === 'polygon') {
        assert.ok(shape.parts.length > 0);
        for (const { outer, holes } of shape.parts) {
          for (const ring of [outer, ...holes]) {
            assert.ok(ring.length >= 6 && ring.length % 2 === 0);
            for (let i = 0; i < ring.length; i += 2) inside(ring[i]!, ring[i + 1]!);
          }
        }
      } else if (shape.kind === 'mask') {
        assert.equal([shape.rle.width, shape.rle.height], [width, height]);
        assert.is(
          runsOf(shape.rle).reduce((sum, run) => sum + run, 0),
          width * height,
        );
      }
    }
  }
}

for (const [format, files] of Object.entries(SAMPLES) as [FormatName, [string, Buffer | string][]][]) {
  test(`damaged ${format}`, async () => {
    const whole = files.map(([name, data]) => fileOf(name, data));
    assert.is((await FORMATS[format].read(whole, { pictures: PICTURES })).labels.pictures.length > 0, true);
    const r = random(41);
    let [read, refused] = [0, 0];
    for (let round = 0; round < 250; round += 1) {
      const victim = r.int(0, files.length - 1);
      const set: LabelFile[] = files.map(([name, data], i) => fileOf(name, i === victim ? damaged(Buffer.from(data), r) : data));
      let result: ReadResult;
      try {
        result = round % 4 === 0 ? await readLabels(set, { pictures: PICTURES }) : await FORMATS[format].read(set, { pictures: PICTURES });
      } catch (error) {
        if (!(error instanceof StudioError)) throw error;
        refused += 1;
        continue;
      }
      read += 1;
      usable(result.labels);
      assert.type(JSON.stringify(result), 'string');
    }
    assert.ok(read > 0 && read + refused === 250);
  });
}

test.run();
