import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ChosenFile } from '../components/drop.ts';
import { checkLabels, isWrong, type Selection, select } from './prepare.ts';

const chosen = (...paths: string[]): ChosenFile[] => paths.map((path) => ({ path, file: new File(['x'], path.split('/').at(-1)!) }));
function selected(files: ChosenFile[], before: Selection | null, classified: boolean): Selection {
  const result = select(files, before, classified);
  if (isWrong(result)) throw new Error(result.key);
  return result;
}
const labelsOf = ({ labels, labelFiles }: Selection) => [labels?.path ?? null, labelFiles.map(({ path }) => path)];
const FOLDERS = ['set/OK/1.png', 'set/OK/2.png', 'set/NG/3.png'];

test('notes and other tables do not take the place of class folders', () => {
  const of = selected(chosen(...FOLDERS, 'set/README.txt', 'set/log.csv', 'set/meta.json'), null, true);
  assert.equal(labelsOf(of), [null, []]);
  assert.is(of.left, 3);
  assert.equal(of.folders, [
    { name: 'NG', count: 1 },
    { name: 'OK', count: 2 },
  ]);
});

test('a class table is known by its name, the uppermost first, or is the only one of pictures without folders', () => {
  const named = selected(chosen(...FOLDERS, 'set/log.csv', 'set/OK/labels.csv', 'set/Annotations.json'), null, true);
  assert.equal(labelsOf(named), ['set/Annotations.json', []]);
  assert.equal(labelsOf(selected(chosen('set/1.png', 'set/2.png', 'set/list.csv', 'set/README.txt'), null, true)), ['set/list.csv', []]);
  assert.equal(labelsOf(selected(chosen('set/1.png', 'set/a.csv', 'set/b.csv'), null, true)), [null, []]);
});

test('chosen by itself, a table is meant', () => {
  const before = selected(chosen(...FOLDERS), null, true);
  const after = selected(chosen('mine.csv'), before, true);
  assert.equal([labelsOf(after), after.files.length], [['mine.csv', []], 3]);
  assert.is((select(chosen('notes.txt'), null, true) as { key: string }).key, 'upload.wrongKind');
});

test('label files of shapes go along, all of them', () => {
  assert.equal(labelsOf(selected(chosen('a.jpg', 'b.jpg', 'a.txt', 'b.txt'), null, false)), [null, ['a.txt', 'b.txt']]);
  assert.equal(labelsOf(selected(chosen('a.jpg', 'instances.json'), null, false)), ['instances.json', []]);
});

test('a label file is as large as the daemon reads it', () => {
  const sized = (name: string, mib: number) => checkLabels(Object.defineProperty(new File([], name), 'size', { value: mib * 2 ** 20 }))?.params?.limit ?? null;
  assert.equal(
    [sized('a.zip', 5000), sized('a.tar', 5000), sized('coco.json', 1000), sized('coco.json', 1025), sized('a.csv', 60), sized('a.csv', 65)],
    [null, null, null, 1024, null, 64],
  );
});

test.run();
