import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MISSING_CODE, TableSet, TableSetWriter, type Values } from './tables.ts';

const test = suite('table sets');
const dirs: string[] = [];
const folder = () => {
  const dir = mkdtempSync(join(tmpdir(), 'ai-studio-table-set-'));
  dirs.push(dir);
  return dir;
};
test.after(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true });
});

const COLUMNS = [
  { name: 'n', type: 'integer' },
  { name: 'class', type: 'categorical' },
  { name: '메모', type: 'text' },
  { name: 'x', type: 'real' },
] as const;
const numberAt = (row: number) => (row % 7 === 3 ? Number.NaN : row * 3);
const codeAt = (row: number) => (row % 11 === 5 ? MISSING_CODE : row % 3);
const textAt = (row: number) => (row % 5 === 1 ? null : row % 5 === 2 ? '' : `줄 ${row} ${'x'.repeat(row % 90)}`);

const plain = (values: Values) => [values.type, [...(values.type === 'text' ? values.texts : values.type === 'categorical' ? values.codes : values.numbers)]];

async function written(rows: number): Promise<string> {
  const dir = folder();
  const writer = await TableSetWriter.create(dir, COLUMNS);
  for (let row = 0; row < rows; row++) {
    writer.setNumber(0, numberAt(row));
    writer.setCode(1, codeAt(row));
    writer.setText(2, textAt(row));
    writer.setNumber(3, row / 4);
    if (writer.endRow()) await writer.flush();
  }
  assert.is(writer.rows, rows);
  await writer.finish([null, ['a', '나', 'c'], null, null]);
  return dir;
}

test('values of any rows of any column are those that were written, within and across groups', async () => {
  const rows = 40_000;
  const set = await TableSet.open(await written(rows));
  const count = (missing: (row: number) => boolean) => Array.from({ length: rows }, (_, row) => row).filter(missing).length;
  assert.equal(
    set.schema.columns.map(({ missing }) => missing),
    [count((row) => row % 7 === 3), count((row) => row % 11 === 5), count((row) => row % 5 === 1), 0],
  );
  const { groupRows } = set.schema;
  assert.ok(groupRows < rows / 2);
  for (const [from, to] of [
    [0, rows],
    [0, 1],
    [groupRows - 3, groupRows + 3],
    [groupRows, groupRows * 2],
    [rows - 5, rows],
    [77, 77],
  ] as const) {
    const [numbers, codes, texts, reals] = await Promise.all([0, 1, 2, 3].map((column) => set.values(column, from, to)));
    const at = Array.from({ length: to - from }, (_, i) => from + i);
    assert.equal(plain(numbers!), ['integer', at.map(numberAt)]);
    assert.equal(plain(codes!), ['categorical', at.map(codeAt)]);
    assert.equal(plain(texts!), ['text', at.map(textAt)]);
    assert.equal(plain(reals!), ['real', at.map((row) => row / 4)]);
  }
  assert.equal(await set.dictionary(1), ['a', '나', 'c']);
  assert.equal(await set.dictionary(0), []);
  await set.close();
});

test('a table without a row, and one of texts that are all empty or missing', async () => {
  const empty = await TableSet.open(await written(0));
  assert.is(empty.rows, 0);
  assert.equal(await empty.values(2), { type: 'text', texts: [] });
  await empty.close();
  const dir = folder();
  const writer = await TableSetWriter.create(dir, [{ name: 't', type: 'text' }]);
  for (const text of [null, '', null]) {
    writer.setText(0, text);
    writer.endRow();
  }
  await writer.finish([null]);
  const set = await TableSet.open(dir);
  assert.equal(await set.values(0), { type: 'text', texts: [null, '', null] });
  await set.close();
});

test('a column of integers may turn out to be real, not categorical', async () => {
  const make = async (type: 'real' | 'categorical') => {
    const dir = folder();
    const writer = await TableSetWriter.create(dir, [{ name: 'x', type: 'integer' }]);
    writer.setNumber(0, 1.5);
    writer.endRow();
    return writer.finish([null], [type]).finally(() => writer.abandon());
  };
  assert.is((await make('real')).columns[0]!.type, 'real');
  await make('categorical').then(
    () => assert.unreachable(),
    (error: unknown) => assert.instance(error, RangeError),
  );
});

test('rows and columns that are not there, and a pack that is cut off, are errors', async () => {
  const dir = await written(100);
  const set = await TableSet.open(dir);
  for (const wrong of [() => set.values(4), () => set.values(0, 0, 101), () => set.values(0, 5, 4)]) {
    await wrong().then(
      () => assert.unreachable(),
      (error: unknown) => assert.instance(error, RangeError),
    );
  }
  writeFileSync(join(dir, 'values.pack'), 'short');
  await set.values(0).then(
    () => assert.unreachable(),
    (error: unknown) => assert.match((error as Error).message, /ends at/),
  );
  await set.close();
});

test.run();
