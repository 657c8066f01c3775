import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { StudioError } from '../errors.ts';
import type { TableFindings, TableSettings } from '../http/table-schemas.ts';
import { buildTable, type ValueSink } from './build.ts';
import { dateOf, dateText, numberOf } from './cells.ts';
import { openTableFile } from './file.ts';
import type { TableLimits } from './limits.ts';
import { previewTable } from './preview.ts';
import { TableReader } from './reading.ts';

const test = suite('text tables');
const dir = mkdtempSync(join(tmpdir(), 'ai-studio-tables-'));
test.after(() => rmSync(dir, { recursive: true }));

const LIMITS: TableLimits = { maxRows: 100_000, maxColumns: 2000, maxCells: 2_000_000 };
let files = 0;
function fileOf(content: string | Buffer): string {
  const path = join(dir, `${++files}.csv`);
  writeFileSync(path, content);
  return path;
}

async function preview(content: string | Buffer, settings: Partial<TableSettings> = {}, limits = LIMITS): Promise<TableFindings> {
  return previewTable(await openTableFile(fileOf(content), null, settings, limits), limits, () => true);
}

/** All values as they would be kept; null: missing. */
async function build(
  content: string | Buffer,
  settings: Partial<TableSettings> = {},
  types: Record<string, 'text' | 'real' | 'integer' | 'categorical' | 'date'> = {},
) {
  const path = fileOf(content);
  const found = await previewTable(await openTableFile(path, null, settings, LIMITS), LIMITS, () => true);
  const file = await openTableFile(path, null, found.settings, LIMITS);
  const rows: (string | number | null)[][] = [];
  let row: (string | number | null)[] = [];
  const sink: ValueSink = {
    setNumber: (column, value) => {
      row[column] = Number.isNaN(value) ? null : value;
    },
    setCode: (column, code) => {
      row[column] = code === 0xffff ? null : code;
    },
    setText: (column, text) => {
      row[column] = text;
    },
    endRow: () => {
      rows.push(row);
      row = [];
      return false;
    },
    flush: async () => {},
  };
  const columns = found.columns.map(({ name, type }, source) => ({ source, name, type: types[name] ?? type }));
  const reader = await TableReader.start(file.source, file.settings.header, LIMITS);
  try {
    const built = await buildTable(reader, columns, file.settings, sink, () => true);
    return { found, rows, ...built! };
  } finally {
    await reader.end();
  }
}

async function fails(code: string, work: Promise<unknown>): Promise<StudioError> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, StudioError);
    assert.is((error as StudioError).code, code);
    return error as StudioError;
  }
  throw new Error(`${code} expected`);
}

const KOREAN = '제품,온도,판정\n가-1,21.5,정상\n가-2,22.1,불량\n가-3,20.9,정상\n';
/** KOREAN in code page 949, by iconv. */
const KOREAN_949 = Buffer.from(
  'c1a6c7b02cbfc2b5b52cc6c7c1a40ab0a12d312c32312e352cc1a4bbf30ab0a12d322c32322e312cbad2b7ae0ab0a12d332c32302e392cc1a4bbf30a',
  'hex',
);

test('the encoding is found: UTF-8 with and without a mark, UTF-16 of both orders, code page 949', async () => {
  const utf16 = (text: string) => Buffer.from(text, 'utf16le');
  const cases: [string, Buffer][] = [
    ['utf-8', Buffer.from(KOREAN)],
    ['utf-8', Buffer.from(`\ufeff${KOREAN}`)],
    ['utf-16le', utf16(`\ufeff${KOREAN}`)],
    ['utf-16be', Buffer.from(utf16(`\ufeff${KOREAN}`)).swap16()],
    ['utf-16le', utf16('name,value\na,1\nb,2\n')],
    ['euc-kr', KOREAN_949],
  ];
  for (const [encoding, content] of cases) {
    const found = await preview(content);
    assert.is(found.settings.encoding, encoding);
    assert.ok(found.settings.header);
    assert.is(found.rows.length, found.looked);
    if (content.length > 60) {
      assert.equal(
        found.columns.map(({ name, type }) => [name, type]),
        [
          ['제품', 'categorical'],
          ['온도', 'real'],
          ['판정', 'categorical'],
        ],
      );
    }
  }
});

test('Hangul that first stands far behind the beginning decides as well, also where a chunk cuts it', async () => {
  const plain = `a,b\n${'1,x\n'.repeat(1_100_000)}`;
  for (const shift of ['', 'y']) {
    const text = `${plain}${shift}2,한글\n`;
    const path = fileOf(Buffer.concat([Buffer.from(text.slice(0, -5)), Buffer.from('한글,\n')]));
    assert.is((await openTableFile(path, null, {}, { ...LIMITS, maxRows: 2e6 })).settings.encoding, 'utf-8');
    const korean = fileOf(Buffer.concat([Buffer.from(plain + shift), Buffer.from('322cc7d1b1db0a', 'hex')]));
    assert.is((await openTableFile(korean, null, {}, LIMITS)).settings.encoding, 'euc-kr');
  }
  const western = fileOf(Buffer.concat([Buffer.from('name,price\n'), Buffer.from('Caf\xe9 \xff,1\n', 'latin1')]));
  assert.is((await openTableFile(western, null, {}, LIMITS)).settings.encoding, 'windows-1252');
});

test('a wrong encoding is a clear error, a binary file too', async () => {
  const error = await fails('table_encoding', preview(KOREAN_949, { encoding: 'utf-8' }));
  assert.is(error.params.encoding, 'UTF-8');
  await fails('table_not_recognised', preview(Buffer.from([1, 2, 0, 3, 4, 5, 0, 9, 0, 0, 1, 1, 200, 12, 0, 7])));
  await fails('table_empty', preview(''));
  await fails('table_empty', preview('\n\n  \n'));
  await fails('table_empty', build('a,b\n'));
});

test('delimiter, decimals and header are found', async () => {
  const of = async (text: string) => {
    const { settings, columns } = await preview(text);
    return [settings.delimiter, settings.decimal, settings.header, columns.map(({ type }) => type).join(' ')];
  };
  assert.equal(await of('a;b;c\n1,5;x, y;2\n2,25;z;3\n3,125;x, y;4\n'), [';', ',', true, 'real categorical integer']);
  assert.equal(await of('a\tb\n1.5\tx\n2.5\ty\n'), ['\t', '.', true, 'real categorical']);
  assert.equal(await of('1|2|3\n4|5|6\n'), ['|', '.', false, 'integer integer integer']);
  assert.equal(await of('sep=;\nx;y\n1.234,5;1\n2.000,25;2\n'), [';', ',', true, 'real integer']);
  assert.equal(await of('id,price\n1,"1,234.50"\n2,"12,000.75"\n'), [',', '.', true, 'integer real']);
  assert.equal(await of('red,round\nblue,square\nred,square\n'), [',', '.', false, 'categorical categorical']);
  assert.equal(await of('colour,shape\nblue,square\nred,square\n'), [',', '.', true, 'categorical categorical']);
  assert.equal(await of('when,n\n2026-03-01,1\n2026-03-02,2\n'), [',', '.', true, 'date integer']);
  // What was found can be corrected.
  assert.is((await preview('1|2|3\n4|5|6\n', { header: true })).columns[0]!.name, '1');
  assert.is((await preview('a;b\n1,5;2\n', { delimiter: ',' })).columns.length, 2);
});

test('quotes, line ends and empty lines', async () => {
  const { rows, found } = await build('a,b,c\r\n1,"x, ""y""\r\nz",2\r\n\r\n3,"w"\r,4\n5,v,6');
  assert.equal(
    found.columns.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
  assert.equal(rows, [
    [1, 0, 2],
    [3, 1, 4],
    [5, 2, 6],
  ]);
  assert.equal((await build('a,b\r1,2\r3,4')).rows, [
    [1, 2],
    [3, 4],
  ]);
  const error = await fails('table_quote_open', build('a,b\n1,x\n2,"never closed\n3,y\n4,z\n', { delimiter: ',', header: true }));
  assert.is(error.params.row, 3);
});

test('rows across the pieces in which a file is read', async () => {
  const count = 60_000;
  const lines = Array.from({ length: count }, (_, i) => `${i},"text, ${i} ${'가'.repeat(1 + (i % 40))}",${i / 8}`);
  const { rows, report } = await build(`n,t,x\n${lines.join('\n')}`, {}, { t: 'text' });
  assert.is(rows.length, count);
  assert.is(report.rows, count);
  for (const i of [0, 1, 12_345, 30_000, count - 1]) assert.equal(rows[i], [i, `text, ${i} ${'가'.repeat(1 + (i % 40))}`, i / 8]);
});

test('a row that would not end is refused', async () => {
  await fails('table_row_too_long', preview(`a,b\n1,"${'x'.repeat(17 * 2 ** 20)}`));
});

test('missing values, infinite numbers and what is no number', async () => {
  const text = 'x,y,c\n1,2.5,ok\nNA,nan,-\n,inf,NG\n-,1e400,ok\nnull,-3,\n5,hello,#N/A\n';
  const { rows, report, types } = await build(text, {}, { x: 'integer', y: 'real', c: 'categorical' });
  assert.equal(rows, [
    [1, 2.5, 0],
    [null, null, null],
    [null, null, 1],
    [null, null, 0],
    [null, -3, null],
    [5, null, null],
  ]);
  assert.equal(report.unreadable, [{ column: 'y', count: 3, rows: [4, 5, 7], examples: ['inf', '1e400', 'hello'] }]);
  assert.equal(types, ['integer', 'real', 'categorical']);
  // A word of one's own, and only that.
  const own = await build('x\n1\n-\n999\n', { missing: ['999'], header: true }, { x: 'text' });
  assert.equal(own.rows, [['1'], ['-'], [null]]);
});

test('an integer column with a fraction in it becomes real', async () => {
  const { types, rows } = await build('x\n1\n2.5\n', {}, { x: 'integer' });
  assert.equal(types, ['real']);
  assert.equal(rows, [[1], [2.5]]);
});

test('serial numbers and what has too many digits are no numbers', async () => {
  const { columns } = await preview('id,big,n\n00123,12345678901234567890,7\n00124,12345678901234567891,8\n');
  assert.equal(
    columns.map(({ type }) => type),
    ['categorical', 'categorical', 'integer'],
  );
});

test('ragged rows: short ones are filled and told of, long ones left out; too many are refused', async () => {
  const lines = Array.from({ length: 40 }, (_, i) => `${i},b,c`);
  lines[3] = '3,b';
  lines[7] = '7,b,c,d';
  lines[9] = '9,b,c,,';
  const { rows, report } = await build(`x,y,z\n${lines.join('\n')}\n`);
  assert.is(rows.length, 39);
  assert.equal(rows[3], [3, 0, null]);
  assert.equal(report.padded, { count: 1, rows: [5] });
  assert.equal(report.leftOut, { count: 1, rows: [9] });
  const error = await fails('table_ragged', build(`x,y\n${'1,2\n1,2\n1,2,3\n'.repeat(20)}`));
  assert.equal(error.params, { count: 20, row: 4, columns: 2 });
});

test('headers that are empty or there twice', async () => {
  const { found, report } = await build('a,,a,A,column_2\n1,2,3,4,5\n');
  assert.equal(
    found.columns.map(({ name }) => name),
    ['a', 'column_2', 'a (2)', 'A (3)', 'column_2 (2)'],
  );
  assert.is(report.renamed.length, 4);
  assert.equal(report.renamed[0], { column: 2, from: '', to: 'column_2' });
});

test('10,000 columns are refused with a sentence, 2,000 work; so it is with rows and cells', async () => {
  const wide = (n: number) => `${Array.from({ length: n }, (_, i) => `c${i}`).join(',')}\n${'1,'.repeat(n - 1)}1\n`;
  assert.equal((await fails('table_too_many_columns', preview(wide(10_000)))).params, { count: 10_000, limit: 2000 });
  assert.is((await preview(wide(2000))).columns.length, 2000);
  await fails(
    'table_too_many_rows',
    build('x\n'.repeat(3), { header: false }).then(() => preview('x\n'.repeat(200), { header: false }, { ...LIMITS, maxRows: 100 })),
  );
  const error = await fails('table_too_large', preview(`a,b\n${'1,2\n'.repeat(200)}`, {}, { ...LIMITS, maxCells: 100 }));
  assert.equal(error.params, { columns: 2, limit: 50 });
});

test('a category with too many values is refused by its name', async () => {
  const lines = Array.from({ length: 10_001 }, (_, i) => `v${i}`).join('\n');
  assert.is((await fails('table_too_many_categories', build(`serial\n${lines}\n`, { header: true }, { serial: 'categorical' }))).params.column, 'serial');
  assert.is((await build(`serial\n${lines}\n`, { header: true })).types[0], 'text');
});

test('numbers as people write them', () => {
  const cases: [string, '.' | ',', number | undefined][] = [
    ['12', '.', 12],
    ['-1.5e3', '.', -1500],
    ['+.5', '.', 0.5],
    ['1,234,567.8', '.', 1234567.8],
    ['1,23', '.', undefined],
    ['1.234,5', ',', 1234.5],
    ['1 234,5', ',', 1234.5],
    ['0,5', ',', 0.5],
    ['1.5', ',', undefined],
    ['0x10', '.', undefined],
    ['1_000', '.', undefined],
    ['', '.', undefined],
    ['-', '.', undefined],
    ['1e5', ',', 100000],
    ['-Infinity', '.', -Infinity],
    ['∞', '.', Infinity],
  ];
  for (const [text, decimal, number] of cases) assert.is(numberOf(text, decimal), number, `${text} with ${decimal}`);
});

test('dates as people write them', () => {
  const at = Date.UTC(2026, 2, 1);
  const cases: [string, number | undefined][] = [
    ['2026-03-01', at],
    ['2026/3/1', at],
    ['2026. 3. 1.', at],
    ['2026년 3월 1일', at],
    ['2026-03-01 14:05', at + 14 * 3_600_000 + 5 * 60_000],
    ['2026-03-01T14:05:07.250Z', at + 14 * 3_600_000 + 5 * 60_000 + 7250],
    ['2026-03-01T14:05:00+09:00', at + 5 * 3_600_000 + 5 * 60_000],
    ['2026-03-01 오후 2:05', at + 14 * 3_600_000 + 5 * 60_000],
    ['2026-03-01 오전 12:05:00', at + 5 * 60_000],
    ['2026-02-30', undefined],
    ['2026-03-01 24:01', undefined],
    ['1.3.2026', at],
    ['01.03.2026 14:05', at + 14 * 3_600_000 + 5 * 60_000],
    ['01/03/2026', at],
    ['1-3-2026 오후 2:05', at + 14 * 3_600_000 + 5 * 60_000],
    ['31.02.2026', undefined],
    ['01/03-2026', undefined],
    ['1.3.26', undefined],
    ['20260301', undefined],
    ['2026-3', undefined],
  ];
  for (const [text, time] of cases) assert.is(dateOf(text), time, text);
  assert.is(dateOf('03/01/2026', 'month'), at);
  assert.is(dateOf('1.3.2026', 'month'), at, 'with points the day is always first');
  assert.is(dateOf('31/12/2026', 'month'), undefined);
  assert.is(dateText(at), '2026-03-01');
  assert.is(dateText(at + 3_600_000), '2026-03-01 01:00:00');
  assert.is(dateText(at + 1), '2026-03-01 00:00:00.001');
});

test('10,000 columns: all of one name, many different values', async () => {
  const wide = { ...LIMITS, maxColumns: 10_000, maxCells: 20_000_000 };
  const lines = [`${'x,'.repeat(9_999)}x`, ...Array.from({ length: 60 }, (_, row) => Array.from({ length: 10_000 }, (_, i) => row * 10_000 + i).join(','))];
  const found = await preview(lines.join('\n'), {}, wide);
  assert.equal([found.columns.length, found.columns[1]!.name, found.columns[9_999]!.name], [10_000, 'x (2)', 'x (10000)']);
  assert.equal([found.looked, found.rows.length, found.columns[5]!.type, found.distinctLimit, found.columns[5]!.distinct], [60, 5, 'integer', 200, 60]);
});

test('dates that end with their year: the day first or the month, as the file shows, as is usual there, or as a person says', async () => {
  const day = await preview('made,n\n1/2/2026,1\n13/2/2026,2\n');
  assert.equal([day.settings.dateOrder, day.columns[0]!.type], ['day', 'date']);
  const month = await preview('made,n\n1/2/2026,1\n2/13/2026,2\n');
  assert.is(month.settings.dateOrder, 'month');
  assert.is((await preview('made,n\n1/2/2026,1\n2/3/2026,2\n')).settings.dateOrder, 'month');
  assert.is((await preview('made;n\n1/2/2026;1,5\n2/3/2026;2,5\n')).settings.dateOrder, 'day');
  assert.is((await preview('made,n\n1/2/2026,1\n', { dateOrder: 'day' })).settings.dateOrder, 'day');
  const american = await preview('made,lot\n1/13/2026,a\n2/14/2026,made\n3/15/2026,lot\n');
  assert.is(american.settings.header, true, 'the header is told by dates in their order');
  const [february, january] = [Date.UTC(2026, 1, 1), Date.UTC(2026, 0, 2)];
  assert.equal((await build('made,n\n1/2/2026,1\n13/2/2026,2\n')).rows[0], [february, 1]);
  assert.equal((await build('made,n\n1/2/2026,1\n2/13/2026,2\n')).rows[0], [january, 1]);
  assert.equal((await build('made,n\n1.2.2026,1\n', { dateOrder: 'month' })).rows[0], [february, 1]);
});

test.run();
