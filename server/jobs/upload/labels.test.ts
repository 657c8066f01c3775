import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StudioError } from '../../errors.ts';
import { classesOf, labelsByFolder, matchLabels, parseLabels } from './labels.ts';

const rows = (text: string) => parseLabels(Buffer.from(text)).map(({ filename, label }) => [filename, label]);
const code = (work: () => unknown): [string, unknown] => {
  try {
    work();
  } catch (error) {
    if (error instanceof StudioError) return [error.code, error.params];
    throw error;
  }
  throw new Error('nothing was thrown');
};

test('folders', () => {
  assert.equal(labelsByFolder(['ok/1.png', 'ng/2.png']), ['ok', 'ng']);
  assert.equal(labelsByFolder(['top/ok/1.png', 'top/ng/2.png']), ['ok', 'ng']);
  assert.equal(labelsByFolder(['train/ok/1.png', 'test/ok/2.png', 'test/ng/3.png']), ['ok', 'ok', 'ng']);
  assert.equal(labelsByFolder(['1.png', '2.png']), [null, null]);
  assert.equal(labelsByFolder(['photos/1.png', 'photos/2.png']), [null, null]);
  assert.equal(labelsByFolder(['ok/1.png', '2.png']), [null, null]);
  assert.equal(labelsByFolder([]), []);
});

test('CSV: header or none, any column order, delimiters, quotes, blank labels and lines', () => {
  const expected = [
    ['a.png', 'ok'],
    ['b/c.png', 'x, y'],
  ];
  assert.equal(rows('filename,label\na.png,ok\nb/c.png,"x, y"\n'), expected);
  assert.equal(rows('a.png,ok\r\n\r\nb\\c.png,"x, y"'), expected);
  assert.equal(rows('\ufeffid,class,Image\n1,ok,a.png\n2,"x, y",./b/c.png\n'), expected);
  assert.equal(rows('a.png;ok\nb/c.png;x, y\n'), expected);
  assert.equal(rows('a.png\tok\nb/c.png\tx, y\n'), expected);
  assert.equal(rows('datei,befund\na.png,ok\nb/c.png,"x, y"\n'), expected);
  assert.equal(rows('a.png,\nb.png,1\n'), [
    ['a.png', null],
    ['b.png', '1'],
  ]);
  assert.equal(rows('a.png,target\n'), [['a.png', 'target']], 'a row is no header because its class is called target');
});

test('CSV: what is wrong is told with its row', () => {
  assert.equal(
    code(() => rows('filename,label\na.png,ok\nb.png\n')),
    ['labels_bad_row', { row: 3 }],
  );
  assert.equal(
    code(() => rows('a.png,ok\n,ok\n')),
    ['labels_bad_row', { row: 2 }],
  );
  assert.is(code(() => rows('a.png,"ok\nb.png,ok\n'))[0], 'labels_bad_row');
  assert.is(code(() => rows(''))[0], 'labels_empty');
  assert.is(code(() => rows('filename,label\n'))[0], 'labels_empty');
  assert.is(code(() => parseLabels(Buffer.from('PK\x03\x04\xff\xff\x00\x00', 'latin1')))[0], 'labels_unreadable');
});

test('matching: path, path below the common folder, unique base name', () => {
  const names = ['set/a.png', 'set/x/b.png', 'set/y/b.png', 'set/c.png', 'set/c.png'];
  const match = (text: string) => matchLabels(parseLabels(Buffer.from(text)), names);
  assert.equal(match('a.png,1\nx/b.png,2\nset/y/b.png,3\nc.png,4\n'), { labels: ['1', '2', '3', '4', '4'], unmatched: [] });
  assert.equal(match('C:\\pictures\\a.png,1\nb.png,2\nz.png,3\n'), { labels: ['1', null, null, null, null], unmatched: ['b.png', 'z.png'] });
  assert.equal(match('a.png,1\na.png,1\n').labels[0], '1');
  assert.equal(
    code(() => match('a.png,1\na.png,2\n')),
    ['labels_conflict', { row: 2, name: 'a.png' }],
  );
});

test('classes stand in natural order', () => {
  assert.equal(classesOf(['10', '2', null, '1', '2']), { names: ['1', '2', '10'], indices: [2, 1, null, 0, 1] });
});

test.run();
