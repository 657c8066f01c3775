import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StudioError } from '../errors.ts';
import type { LabelSet } from './annotation.ts';
import { planFolders, readCsv, readFolders, readJson, writeCsv, writeJson } from './classification.ts';
import { contentOf, fileOf, type WrittenFile } from './files.ts';
import type { ReadContext, ReadResult } from './intake.ts';
import type { Losses } from './report.ts';

const PICTURES = ['set/a.jpg', 'set/b.jpg', 'set/sub/c.png', 'set/부품 1.jpg'].map((name) => ({ name, width: 10, height: 10 }));
const context: ReadContext = { pictures: PICTURES };

function told({ labels }: ReadResult): { [name: string]: string } {
  return Object.fromEntries(
    labels.pictures.filter(({ shapes }) => shapes.length > 0).map(({ name, shapes }) => [name, labels.classes[shapes[0]!.label]!.name]),
  );
}
const csv = (text: string | Buffer, c = context): Promise<ReadResult> => readCsv([fileOf('labels.csv', text)], c);
const json = (value: unknown, c = context): Promise<ReadResult> =>
  readJson([fileOf('labels.json', typeof value === 'string' ? value : JSON.stringify(value))], c);
async function textOf(files: AsyncIterable<WrittenFile>): Promise<string> {
  for await (const file of files) return (await contentOf(file)).toString();
  return '';
}
const TWO = { 'set/a.jpg': 'ok', 'set/b.jpg': 'ng' };

test('tables as people make them', async () => {
  const tables = {
    plain: 'filename,label\na.jpg,ok\nb.jpg,ng\n',
    'no head': 'a.jpg,ok\nb.jpg,ng\n',
    swapped: 'ok,a.jpg\nng,b.jpg\n',
    'semicolons, Korean head, other columns': '번호;파일명;클래스\n1;a.jpg;ok\n2;b.jpg;ng\n',
    tabs: 'image\tclass\na.jpg\tok\nb.jpg\tng',
    'quotes, mark, CR LF': '\uFEFF"label","file_name"\r\n"ok","a.jpg"\r\n"ng","b.jpg"\r\n',
    'paths and other endings': 'path,label\nD:\\data\\set\\a.jpg,ok\nimages/b.PNG,ng\n',
    'unknown head': 'foo,bar\na.jpg,ok\nb.jpg,ng\n',
    'one column a class': 'filename, ok, ng\na.jpg, 1, 0\nb.jpg, 0, 1\n',
    'no endings, known pictures': 'a,ok\nb,ng\n',
    'with guards against formulas': "filename,label\n'=a.jpg,x\na.jpg,ok\nb.jpg,ng\n",
  };
  for (const [name, text] of Object.entries(tables)) assert.equal(told(await csv(text)), TWO, name);
});

test('CP949 and UTF-16', async () => {
  // 부품 1 / 불량 in CP949.
  const cp949 = Buffer.concat([
    Buffer.from('filename,label\n'),
    Buffer.from([0xba, 0xce, 0xc7, 0xb0]),
    Buffer.from(' 1.jpg,'),
    Buffer.from([0xba, 0xd2, 0xb7, 0xae]),
    Buffer.from('\n'),
  ]);
  assert.equal(told(await csv(cp949)), { 'set/부품 1.jpg': '불량' });
  assert.equal(told(await csv(Buffer.from('\uFEFFfilename\tlabel\n부품 1.jpg\t불량\n', 'utf16le'))), { 'set/부품 1.jpg': '불량' });
  // macOS writes Hangul decomposed.
  assert.equal(told(await csv(`filename,label\n${'부품 1.jpg'.normalize('NFD')},x\n`)), { 'set/부품 1.jpg': 'x' });
});

test('rows that are wrong are reported with their line', async () => {
  const { labels, report } = await csv(
    'filename,label\na.jpg,ok\ngone.jpg,ok\nb.jpg\nb.jpg,\nb.jpg,ng,extra,columns\na.jpg,ng\na.jpg,ok\n,ok\nc.png,"multi\nline"\nc.png,late\n',
  );
  const at = Object.fromEntries(Object.entries(report.findings).map(([kind, { first }]) => [kind, first.map(({ row }) => row)]));
  assert.equal(at, { missing_picture: [3], ragged_row: [4, 6], malformed: [4, 9], no_label: [5], conflicting_label: [7, 12], duplicate_shape: [8] });
  assert.equal(
    labels.classes.map(({ name }) => name),
    ['late', 'multi\nline', 'ng', 'ok'],
  );
  assert.equal([report.matched, report.shapesRead, report.shapesKept], [3, 7, 3]);
  assert.equal(report.unlabelled, { count: 1, first: ['set/부품 1.jpg'] });
});

test('tables that are none', async () => {
  const code = async (text: string | Buffer): Promise<string> => {
    try {
      await csv(text);
    } catch (error) {
      return error instanceof StudioError ? error.code : String(error);
    }
    return 'no error';
  };
  assert.is(await code(''), 'label_csv');
  assert.is(await code('filename,label\n"a.jpg,ok\n'), 'label_csv');
  assert.is(await code(Buffer.from([0x61, 0x2c, 0xff, 0xff])), 'label_encoding');
  assert.is(await code(Buffer.from('a\0b,c')), 'label_encoding');
});

test('classes in natural order, those of the dataset first', async () => {
  const text = 'filename,label\na.jpg,lot 10\nb.jpg,lot 2\nc.png,zz\n';
  assert.equal(
    (await csv(text)).labels.classes.map(({ name }) => name),
    ['lot 2', 'lot 10', 'zz'],
  );
  const result = await csv(text, { pictures: PICTURES, classes: [{ name: 'zz' }, { name: 'ok' }] });
  assert.equal(
    result.labels.classes.map(({ name }) => name),
    ['zz', 'ok', 'lot 2', 'lot 10'],
  );
  assert.equal([told(result)['set/a.jpg'], result.report.findings.unknown_class!.count], ['lot 10', 2]);
});

const AWKWARD: LabelSet = {
  classes: [{ name: '=1+1' }, { name: 'with "quotes", and commas' }, { name: "'quoted" }, { name: '@sum' }, { name: '불량' }],
  pictures: ['a,b.jpg', '-start.jpg', 'x/부품.jpg', "it's.jpg", '한 글.png', '+.jpg'].map((name, i) => ({
    name,
    width: 1,
    height: 1,
    shapes: i === 5 ? [] : [{ kind: 'whole', label: i }],
  })),
};

test('CSV round trip, formulas neutralised', async () => {
  const losses: Losses = {};
  const text = await textOf(writeCsv(AWKWARD, { losses }));
  assert.ok(text.startsWith('\uFEFFfilename,label\r\n'));
  assert.not.match(text, /(^|,)[=+\-@]/m);
  const back = await csv(text, { pictures: AWKWARD.pictures });
  assert.equal(told(back), Object.fromEntries(AWKWARD.pictures.slice(0, 5).map(({ name, shapes }) => [name, AWKWARD.classes[shapes[0]!.label]!.name])));
  assert.equal([losses, back.report.findings], [{}, {}]);
});

test('JSON round trip keeps the order of classes', async () => {
  const { labels, report } = await json(await textOf(writeJson(AWKWARD)), { pictures: AWKWARD.pictures });
  assert.equal(labels, { classes: AWKWARD.classes, pictures: AWKWARD.pictures.slice(0, 5) });
  assert.equal(report.unlabelled.first, ['+.jpg']);
});

test('JSON in the forms that people write', async () => {
  const forms = {
    map: { 'a.jpg': 'ok', 'b.jpg': 'ng' },
    'map under a key': { version: [], labels: { 'a.jpg': 'ok', 'b.jpg': ['ng'] } },
    list: [
      { filename: 'a.jpg', label: 'ok' },
      { image: 'set/b.jpg', class: 'ng', score: 1 },
    ],
    'list under a key': {
      data: [
        { file_name: 'a.jpg', category: 'ok' },
        { path: 'b.jpg', target: 'ng' },
      ],
    },
    'objects by name': { 'a.jpg': { label: 'ok' }, 'b.jpg': { class: 'ng' } },
    'lists by name': { 'a.jpg': ['ok'], 'b.jpg': ['ng'] },
    'known pictures without endings': { a: 'ok', b: 'ng' },
  };
  for (const [name, value] of Object.entries(forms)) assert.equal(told(await json(value)), TWO, name);
  const { report } = await json({
    labels: [{ filename: 'a.jpg' }, { label: 'x' }, 5, { filename: 'b.jpg', label: { x: 1 } }, { filename: 'gone.jpg', label: 'x' }],
  });
  assert.equal(Object.fromEntries(Object.entries(report.findings).map(([kind, { first }]) => [kind, first.map(({ item }) => item)])), {
    no_label: [1],
    malformed: [2, 3, 4],
    missing_picture: [5],
  });
});

test('folders', async () => {
  const of = async (...names: string[]): Promise<{ [name: string]: string }> =>
    told(await readFolders([], { pictures: names.map((name) => ({ name, width: 1, height: 1 })) }));
  assert.equal(await of('ok/1.jpg', 'ng/1.jpg'), { 'ok/1.jpg': 'ok', 'ng/1.jpg': 'ng' });
  assert.equal(await of('set/ok/1.jpg', 'set/ng/1.jpg'), { 'set/ok/1.jpg': 'ok', 'set/ng/1.jpg': 'ng' });
  assert.equal(await of('set/train/ok/1.jpg', 'set/val/ng/2.jpg'), { 'set/train/ok/1.jpg': 'ok', 'set/val/ng/2.jpg': 'ng' });
  assert.equal(await of('set/1.jpg', 'set/2.jpg'), {});
  assert.equal(await of('set/ok/1.jpg', 'set/unlabelled/2.jpg'), { 'set/ok/1.jpg': 'ok' });
  assert.equal(await of('1.jpg', 'ok/2.jpg'), {});
  assert.equal(told(await readFolders([fileOf('x/ok/1.jpg', ''), fileOf('x/ng/2.jpg', '')], {})), { 'x/ok/1.jpg': 'ok', 'x/ng/2.jpg': 'ng' });
});

test('class folders given for pictures that lie elsewhere, and a table whose folders contradict', async () => {
  const pictures = ['lot1/1.jpg', 'lot1/2.jpg', '3.jpg'].map((name) => ({ name, width: 1, height: 1 }));
  const given = ['ok/1.jpg', 'ng/2.jpg', 'ng/4.jpg'].map((name) => fileOf(name, ''));
  const sorted = await readFolders(given, { pictures });
  assert.equal(told(sorted), { 'lot1/1.jpg': 'ok', 'lot1/2.jpg': 'ng' });
  assert.equal(Object.keys(sorted.report.findings), ['missing_picture']);
  const { report } = await readCsv([fileOf('labels.csv', 'filename,label\nlot2/1.jpg,ok\nlot1/2.jpg,ok\n3.jpg,ok\n')], { pictures });
  assert.equal(report.findings.name_only, { count: 1, first: [{ file: 'labels.csv', row: 2, picture: 'lot1/1.jpg', detail: 'lot2/1.jpg' }] });
});

test('as many folders as pictures are no classes', async () => {
  const pictures = Array.from({ length: 100_000 }, (_, i) => ({ name: `set/${i}/a.jpg`, width: 1, height: 1 }));
  const code = await readFolders([], { pictures }).then(
    () => 'accepted',
    (error: unknown) => (error as StudioError).code,
  );
  assert.is(code, 'label_too_many');
});

test('class folders to write: safe, and every file its own', async () => {
  const classes = [{ name: 'ok' }, { name: '../../x' }, { name: 'OK' }, { name: 'unlabelled' }];
  const pictures = [
    ['a/1.jpg', 0],
    ['b/1.jpg', 0],
    ['c/1.jpg', 1],
    ['1.jpg', 2],
    ['2.jpg', 3],
    ['3.jpg', -1],
    ['..', 0],
  ].map(([name, label]) => ({
    name: name as string,
    width: 1,
    height: 1,
    shapes: label === -1 ? [] : [{ kind: 'whole' as const, label: label as number }],
  }));
  const to: string[] = [];
  const names = pictures.map(({ name }) => name);
  for await (const entry of planFolders({ classes, pictures }, names)) to.push(entry.to);
  assert.equal(to, ['ok/a_1.jpg', 'ok/b_1.jpg', '.._.._x/c_1.jpg', 'OK_2/1.jpg', 'unlabelled_2/2.jpg', 'unlabelled/3.jpg', 'ok/unnamed']);
  assert.ok(to.every((path) => !path.split('/').includes('..')));
});

test('class folders to write: folders that are lost go into names that are there several times', async () => {
  const planned = async (...given: [name: string, label: 'OK' | 'NG'][]): Promise<string[]> => {
    const classes = [{ name: 'OK' }, { name: 'NG' }];
    const pictures = given.map(([name, label]) => ({
      name,
      width: 1,
      height: 1,
      shapes: [{ kind: 'whole' as const, label: classes.findIndex((one) => one.name === label) }],
    }));
    const to: string[] = [];
    const names = given.map(([name]) => name);
    for await (const entry of planFolders({ classes, pictures }, names)) to.push(entry.to);
    return to;
  };
  assert.equal(await planned(['lot/SN1/cam1.png', 'OK'], ['lot/SN1/cam2.png', 'OK'], ['lot/SN2/CAM1.png', 'NG'], ['lot/SN2/top.png', 'NG']), [
    'OK/SN1_cam1.png',
    'OK/cam2.png',
    'NG/SN2_CAM1.png',
    'NG/top.png',
  ]);
  // Of pictures that came in class folders nothing is lost but where the class was changed.
  assert.equal(await planned(['OK/1.png', 'OK'], ['NG/1.png', 'NG'], ['OK/2.png', 'NG'], ['NG/2.png', 'NG']), [
    'OK/1.png',
    'NG/1.png',
    'NG/OK_2.png',
    'NG/2.png',
  ]);
  const deep = Array.from({ length: 30 }, (_, i) => `부품 ${i}`).join('/');
  const [long] = await planned([`a/${deep}/x.png`, 'OK'], ['b/x.png', 'OK']);
  assert.match(long!, /^OK\/부품 \d.*_부품 29_x\.png$/);
  assert.ok(Buffer.byteLength(long!) <= 250);
  const alike = await planned(...Array.from({ length: 50_000 }, (): [string, 'OK'] => ['x.png', 'OK']));
  assert.equal([alike[0], alike[1], alike.at(-1)], ['OK/x.png', 'OK/x_2.png', 'OK/x_50000.png']);
});

test('other shapes are counted as lost', async () => {
  const losses: Losses = {};
  const text = await textOf(
    writeCsv(
      {
        classes: [{ name: 'a' }],
        pictures: [
          {
            name: 'p.jpg',
            width: 9,
            height: 9,
            shapes: [
              { kind: 'box', x: 0, y: 0, width: 1, height: 1, label: 0 },
              { kind: 'whole', label: 0, attributes: { score: 1 } },
            ],
          },
        ],
      },
      { losses },
    ),
  );
  assert.equal([text, losses], ['\uFEFFfilename,label\r\np.jpg,a\r\n', { shape: 1, attributes: 1 }]);
});

test.run();
