import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { safePath, shortened } from './files.ts';
import { normalisedPath, PictureIndex } from './pictures.ts';

const index = (...names: string[]): PictureIndex => new PictureIndex(names.map((name) => ({ name, width: 1, height: 1 })));

test('paths in one spelling', () => {
  assert.is(normalisedPath('./a//b/../c.jpg'), 'a/c.jpg');
  assert.is(normalisedPath('..\\..\\pics\\a.jpg'), 'pics/a.jpg');
  assert.is(normalisedPath('C:\\x\\a.jpg'), 'x/a.jpg');
  assert.is(normalisedPath('/etc/passwd'), 'etc/passwd');
  assert.is(normalisedPath('부품.jpg'.normalize('NFD')), '부품.jpg');
});

test('the name itself comes first, then the most folders in common', () => {
  const pictures = index('set/train/a.jpg', 'set/val/a.jpg', 'a.jpg', 'set/train/b.png', 'set/b.bmp', 'x/c.jpg', 'X/C.PNG');
  assert.is(pictures.find('a.jpg'), 2);
  assert.is(pictures.find('set/val/a.jpg'), 1);
  assert.is(pictures.find('labels/val/a.txt'), 1);
  assert.is(pictures.find('./TRAIN/A.JPEG'), 0);
  assert.is(pictures.find('other/a.txt'), 'ambiguous');
  assert.is(pictures.find('b.png'), 3, 'the ending decides between two b');
  assert.is(pictures.find('b.xml'), 'ambiguous');
  assert.is(pictures.find('x/c.jpg'), 5);
  assert.is(pictures.find('x/c.txt'), 'ambiguous');
  assert.is(pictures.find('d.jpg'), 'missing');
  assert.is(pictures.find(''), 'missing');
});

test('the same file name in another folder is told, but not where the folder only says what lies in it', () => {
  const pictures = index('lot1/a.jpg', 'images/b.jpg', 'train/lot2/c.jpg', 'd.jpg');
  const elsewhere = (name: string) => pictures.isElsewhere(name, pictures.find(name) as number);
  assert.equal(['lot9/a.txt', 'x/LOT9/a.jpg', 'other/c.txt'].map(elsewhere), [true, true, true]);
  assert.equal(['a.txt', 'lot1/a.txt', 'old/LOT1/a.txt', 'labels/a.txt', 'lot1/b.xml', 'val2017/c.jpg', 'lot1/d.jpg'].map(elsewhere), [
    false,
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test('one name in 20,000 folders is found without trying them all', () => {
  const pictures = index(...Array.from({ length: 20_000 }, (_, i) => `images/${i}/frame.jpg`));
  for (let i = 0; i < 20_000; i += 1) assert.is(pictures.find(`labels/${i}/frame.txt`), i);
});

test('safe names', () => {
  assert.is(safePath('../../a/./b.jpg'), 'a/b.jpg');
  assert.is(safePath('a<b>:"c|?*.jpg'), 'a_b___c___.jpg');
  assert.is(safePath('NUL.txt/aux'), '_NUL.txt/_aux');
  assert.is(safePath('..'), 'unnamed');
  assert.is(safePath('부품 1/사진.jpg'), '부품 1/사진.jpg');
  assert.is(shortened('a\nb'), 'a\ufffdb');
  assert.is(shortened('x'.repeat(300)).length, 200);
});

test.run();
