/** Uploaded tables in real workers: workbooks of several kinds, harmful ones, and the whole way to a table set. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ErrorCode, StudioError } from '../../errors.ts';
import type { Associations, ColumnStatistics, ColumnType, TableFindings, TableReport, TableSettings } from '../../http/table-schemas.ts';
import { TableSet, type Values } from '../../store/tables.ts';
import { zipOf } from '../archives.fixture.ts';
import type { JobHost } from '../job.ts';
import type { IngestLimits, TableOutcome, TablePreprocessSpec, TableSpec, WorkerMessage } from '../protocol.ts';
import { endOf, type RunningJob, readJson, removeTemporaryFolders, runToEnd, startJob, temporaryFolder } from '../workers.fixture.ts';
import { preview } from './preview.ts';
import { OPENPYXL_WORKBOOK } from './workbook.fixture.ts';

const test = suite('table jobs');
test.after(removeTemporaryFolders);

const LIMITS: IngestLimits = { maxFiles: 100, maxUnpackedBytes: 400 * 2 ** 20, maxFileBytes: 400 * 2 ** 20, maxPixels: 1e6, maxSide: 800 };
const TABLE = { maxRows: 500_000, maxColumns: 2000, maxCells: 20_000_000 };
const COMMON = { jobId: 1, threads: 1, memoryMb: 1024, limits: LIMITS, table: TABLE } as const;

function uploaded(content: Buffer | string): string {
  const path = join(temporaryFolder(), 'upload');
  writeFileSync(path, content);
  return path;
}

/** In this process: for the many ways in which a file can be bad. */
async function look(content: Buffer | string, settings: Partial<TableSettings> = {}, limits = LIMITS): Promise<TableFindings> {
  const dir = temporaryFolder();
  const host: JobHost = { dir, out: join(dir, 'out'), stopping: false, journaledEpochs: new Set(), log: () => {}, epoch: () => {}, progress: () => {} };
  await preview({ ...COMMON, limits, kind: 'table_preview', upload: uploaded(content), settings }, host);
  return readJson<TableFindings>(dir, 'out', 'preview.json');
}

async function refused(code: ErrorCode, content: Buffer | string, settings: Partial<TableSettings> = {}, limits = LIMITS): Promise<void> {
  const found = await look(content, settings, limits).then(
    () => 'accepted',
    (error: unknown) => (error instanceof StudioError ? error.code : String(error)),
  );
  assert.is(found, code);
}

interface Parts {
  sheet: string;
  strings?: string;
  styles?: string;
  workbook?: string;
  more?: Record<string, string>;
}
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>';
const SHEETS = `${HEAD}<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${RELATIONS}"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`;

/** A workbook by its parts, as ECMA-376 describes them. */
function workbookOf({ sheet, strings, styles, workbook, more }: Parts): Buffer {
  const links = [
    `<Relationship Id="rId1" Type="${RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>`,
    `<Relationship Id="rId2" Type="${RELATIONS}/sharedStrings" Target="/xl/sharedStrings.xml"/>`,
    `<Relationship Id="rId3" Type="${RELATIONS}/styles" Target="styles.xml"/>`,
    `<Relationship Id="rId4" Type="${RELATIONS}/externalLink" Target="file:///etc/passwd" TargetMode="External"/>`,
  ];
  const files: Record<string, string> = {
    '[Content_Types].xml': `${HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
    '_rels/.rels': `${HEAD}<Relationships><Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': workbook ?? SHEETS,
    'xl/_rels/workbook.xml.rels': `${HEAD}<Relationships>${links.join('')}</Relationships>`,
    'xl/worksheets/sheet1.xml': sheet,
    ...(strings === undefined ? {} : { 'xl/sharedStrings.xml': strings }),
    ...(styles === undefined ? {} : { 'xl/styles.xml': styles }),
    ...more,
  };
  return zipOf(Object.entries(files).map(([name, text]) => ({ name, data: Buffer.from(text) })));
}
const sheetOf = (rows: string) => `${HEAD}<worksheet><sheetData>${rows}</sheetData></worksheet>`;

test('a workbook of openpyxl: sheets, texts, numbers, dates, truth values, a row gap', async () => {
  const found = await look(OPENPYXL_WORKBOOK);
  assert.equal(found.sheets, ['측정', '둘째']);
  assert.equal([found.settings.format, found.settings.sheet, found.settings.header], ['xlsx', '측정', true]);
  assert.equal(
    found.columns.map(({ name }) => name),
    ['제품', '온도', '개수', '측정일', '합격', '식', '메모'],
  );
  assert.equal(found.rows, [
    ['가-1', '21.5', '3', '2026-03-01', 'TRUE', '', '첫 줄'],
    ['가-2', '-0.125', '4', '2026-03-01 14:05:07', 'FALSE', '', ''],
    ['', '1e-07', '', '1900-01-01', 'TRUE', '#N/A', 'x < y & "z"'],
    ['가-4', '7', '', '', '', '', ''],
  ]);
  assert.equal(
    found.columns.map(({ type }) => type),
    ['categorical', 'real', 'integer', 'date', 'categorical', 'text', 'categorical'],
  );
  assert.equal(found.columns[5]!.missing, 4);
  // The empty end of a spreadsheet's row is no mistake.
  assert.is(found.short.count, 0);
  assert.equal((await look(OPENPYXL_WORKBOOK, { sheet: '둘째' })).rows, [['1', '2']]);
  await refused('table_no_sheet', OPENPYXL_WORKBOOK, { sheet: '숨김' });
});

test('a workbook of other writers: prefixes, inline and rich texts, phonetic hints, missing references, 1904, results of formulas, errors', async () => {
  const sheet = `${HEAD}<x:worksheet xmlns:x="m"><x:sheetData>
    <x:row><x:c t="inlineStr"><x:is><x:t>name</x:t></x:is></x:c><x:c t="s"><x:v>0</x:v></x:c><x:c t="str"><x:v>when</x:v></x:c></x:row>
    <x:row r="5"><x:c r="A5" t="s"><x:v>1</x:v></x:c><x:c r="B5"><x:f>1+1</x:f><x:v>2</x:v></x:c><x:c r="C5" s="1"><x:v>100.5</x:v></x:c></x:row>
    <x:row r="6"><x:c r="B6" t="e"><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c><x:c r="C6" s="2"><x:v>100.5</x:v></x:c></x:row>
    <x:row r="9"><x:c r="A9" t="inlineStr"><x:is><x:t>&#xAC00; &amp; b</x:t></x:is></x:c><x:c r="B9"><x:f>B5</x:f></x:c><x:c r="C9" s="1"><x:v>0.5</x:v></x:c></x:row>
    </x:sheetData></x:worksheet>`;
  const strings = `${HEAD}<sst><si><t>value</t></si><si><r><t>ab</t></r><r><t xml:space="preserve"> c</t></r><rPh sb="0" eb="1"><t>READ ALOUD</t></rPh></si></sst>`;
  const styles = `${HEAD}<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy&quot;년&quot;\\ m/d"/><numFmt numFmtId="165" formatCode="[h]:mm"/></numFmts>
    <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>`;
  const workbook = SHEETS.replace('<sheets>', '<workbookPr date1904="1"/><sheets>');
  const found = await look(workbookOf({ sheet, strings, styles, workbook }));
  assert.equal(
    found.columns.map(({ name }) => name),
    ['name', 'value', 'when'],
  );
  assert.equal(found.rows, [
    ['ab c', '2', '1904-04-10 12:00:00'],
    ['', '#DIV/0!', '100.5'],
    ['가 & b', '', '1904-01-01 12:00:00'],
  ]);
});

const ODS_MIME = 'application/vnd.oasis.opendocument.spreadsheet';
const odsOf = (tables: string, styles = '') =>
  zipOf([
    { name: 'mimetype', data: Buffer.from(ODS_MIME), stored: true },
    {
      name: 'content.xml',
      data: Buffer.from(
        `${HEAD}<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:style="s" xmlns:draw="d">${styles}<office:body><office:spreadsheet>${tables}</office:spreadsheet></office:body></office:document-content>`,
      ),
    },
  ]);
const odsCell = (type: string, value: string, text = '') =>
  `<table:table-cell office:value-type="${type}" ${value}><text:p>${text}</text:p></table:table-cell>`;

test('a spreadsheet of OpenDocument: types, repeats, notes, drawings, hidden sheets, empty ends', async () => {
  const head = ['제품', '값', '값', '때', '합격'].map((name) => odsCell('string', '', name)).join('');
  const rows = `<table:table-row>${head}<table:table-cell table:number-columns-repeated="16379"/></table:table-row>
    <table:table-row table:number-rows-repeated="2">${odsCell('string', '', 'a<text:s text:c="2"/>&amp;<text:span>b</text:span><text:a>c</text:a></text:p><draw:rect><text:p>box</text:p></draw:rect><text:p>둘째 줄')}
      <table:table-cell office:value-type="float" office:value="1.5" table:number-columns-repeated="2"><office:annotation><text:p>note</text:p></office:annotation><text:p>1,50</text:p></table:table-cell>
      ${odsCell('date', 'office:date-value="2026-03-01T14:05:00"', '1. 3.')}${odsCell('boolean', 'office:boolean-value="true"', '참')}</table:table-row>
    <table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
    <table:table-row><table:covered-table-cell><draw:g><draw:custom-shape><text:p>arrow</text:p></draw:custom-shape></draw:g><draw:frame><draw:text-box><text:p>box</text:p></draw:text-box></draw:frame></table:covered-table-cell>${odsCell('percentage', 'office:value="0.25"', '25%')}<table:table-cell table:formula="of:=1"/>${odsCell('date', 'office:date-value="2026-03-02"')}${odsCell('time', 'office:time-value="PT09H05M07S"')}</table:table-row>
    <table:table-row table:number-rows-repeated="1048569"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>`;
  const styled = (name: string, display: boolean) =>
    `<style:style style:name="${name}" style:family="table"><style:table-properties table:display="${display}"/></style:style>`;
  const file = odsOf(
    `<table:table table:name="숨김" table:style-name="ta2"><table:table-row>${odsCell('float', 'office:value="9"')}</table:table-row></table:table>
    <table:table table:name="측정" table:style-name="ta1"><table:table-column/>${rows}</table:table><table:table table:name="B"><table:table-row>${odsCell('float', 'office:value="7"')}</table:table-row></table:table>`,
    `<office:automatic-styles>${styled('ta1', true)}${styled('ta2', false)}</office:automatic-styles>`,
  );
  const found = await look(file);
  assert.equal([found.settings.format, found.sheets], ['ods', ['측정', 'B']]);
  assert.equal(
    found.columns.map(({ name, type }) => `${name} ${type}`),
    ['제품 categorical', '값 real', '값 (2) real', '때 date', '합격 categorical'],
  );
  assert.equal(found.rows, [
    ['a  &bc\n둘째 줄', '1.5', '1.5', '2026-03-01 14:05:00', 'TRUE'],
    ['a  &bc\n둘째 줄', '1.5', '1.5', '2026-03-01 14:05:00', 'TRUE'],
    ['', '0.25', '', '2026-03-02', '09:05:07'],
  ]);
  assert.equal((await look(file, { sheet: 'B', header: false })).rows, [['7']]);
  const job = await runToEnd(specOf(uploaded(file), found));
  assert.is(job.end.state, 'succeeded', job.log);
  await refused('table_no_sheet', file, { sheet: 'C' });
  await refused('table_no_sheet', file, { sheet: '숨김' });
  const bomb = (attribute: string, of: string) =>
    odsOf(
      `<table:table table:name="S"><table:table-row ${of === 'row' ? attribute : ''}><table:table-cell ${of === 'cell' ? attribute : ''} office:value-type="float" office:value="1"/></table:table-row></table:table>`,
    );
  await refused('table_too_many_columns', bomb('table:number-columns-repeated="2001"', 'cell'));
  await refused('table_too_many_rows', bomb('table:number-rows-repeated="900000000"', 'row'));
  await refused('table_workbook_damaged', bomb('table:number-rows-repeated="x"', 'row'));
  await refused('table_not_recognised', odsOf(''));
});

test('harmful workbooks are refused', async () => {
  const row = '<row r="1"><c r="A1"><v>1</v></c></row>';
  const bomb = `${HEAD}<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>`;
  await refused('table_workbook_entities', workbookOf({ sheet: bomb }));
  await refused(
    'table_workbook_entities',
    workbookOf({ sheet: sheetOf(row), workbook: SHEETS.replace(HEAD, `${HEAD}<!DOCTYPE w SYSTEM "file:///etc/passwd">`) }),
  );
  await refused('table_too_many_columns', workbookOf({ sheet: sheetOf('<row r="1"><c r="XFD1"><v>1</v></c></row>') }));
  await refused('table_workbook_damaged', workbookOf({ sheet: sheetOf('<row r="1"><c r="7"><v>1</v></c></row>') }));
  await refused('table_workbook_damaged', workbookOf({ sheet: sheetOf('<row r="1"><c t="s"><v>99</v></c></row>') }));
  await refused('table_workbook_damaged', workbookOf({ sheet: sheetOf(`${'<a>'.repeat(200)}`) }));
  await refused('table_empty', workbookOf({ sheet: sheetOf('') }));
  await refused('table_not_recognised', workbookOf({ sheet: sheetOf(row), workbook: SHEETS.replace(/<sheet /, '<sheet state="hidden" ') }));
  await refused('table_not_recognised', zipOf([{ name: 'a.doc', data: Buffer.from('x\n1\n') }]));
  await refused('archive_unsafe_path', zipOf([{ name: '../xl/workbook.xml', data: Buffer.from('x') }]));
  const sized = zipOf([{ name: 'xl/workbook.xml', data: Buffer.alloc(70 * 2 ** 20, 'x') }]);
  await refused('archive_bomb', sized);
  await refused('archive_damaged', OPENPYXL_WORKBOOK.subarray(0, 3000));
  const torn = Buffer.from(OPENPYXL_WORKBOOK);
  const at = torn.indexOf('xl/worksheets/sheet1.xml') + 'xl/worksheets/sheet1.xml'.length + 40;
  torn.fill(0xff, at, at + 60);
  const code = await look(torn).then(
    () => 'accepted',
    (error: unknown) => (error as StudioError).code,
  );
  assert.is(code, 'archive_damaged');
});

test('a table that is wrapped in an archive is taken out of it, if it is the only one', async () => {
  const csv = { name: '측정/a.csv', data: Buffer.from('x,y\n1,2\n') };
  const found = await look(zipOf([csv, { name: '측정/readme.pdf', data: Buffer.from('%PDF-') }, { name: '__MACOSX/측정/._a.csv', data: Buffer.from('x') }]));
  assert.equal([found.settings.format, found.rows], ['csv', [['1', '2']]]);
  assert.equal((await look(gzipSync(csv.data))).rows, [['1', '2']]);
  assert.is((await look(zipOf([{ name: 'a.xlsx', data: OPENPYXL_WORKBOOK }]))).settings.sheet, '측정');
  await refused('table_zip_files', zipOf([csv, { ...csv, name: 'b.tsv' }]));
  await refused('table_not_recognised', zipOf([{ name: 'a.csv', data: zipOf([csv]) }]));
  await refused('table_not_recognised', gzipSync(gzipSync(csv.data)));
  await refused('archive_damaged', gzipSync(csv.data).subarray(0, 15));
  await refused('archive_too_large', gzipSync(Buffer.alloc(1001)), {}, { ...LIMITS, maxUnpackedBytes: 1000 });
  const job = await runToEnd(specOf(uploaded(zipOf([csv])), found));
  assert.is(job.end.state, 'succeeded', job.log);
  assert.not.ok(existsSync(join(job.dir, 'unpacked')));
});

test('other files are told apart by their content', async () => {
  await refused('table_excel_old', Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(600)]));
  await refused('table_not_recognised', Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(600)]));
  await refused('table_not_recognised', `%PDF-1.7\n${'x'.repeat(600)}`);
  await refused('archive_damaged', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]));
});

const plain = (values: Values) => [...(values.type === 'text' ? values.texts : values.type === 'categorical' ? values.codes : values.numbers)];

function specOf(upload: string, found: TableFindings, types: Record<string, ColumnType> = {}, target: string | null = null): TableSpec {
  const columns = found.columns.map(({ name, type }) => ({ name, type: types[name] ?? type, keep: name !== 'left out' }));
  return { ...COMMON, kind: 'table', upload, settings: found.settings, columns, target };
}

test('from an upload to a table set with statistics, associations and report', async () => {
  const lines = ['part;left out;size;grade;note;size'];
  for (let i = 0; i < 3000; i++)
    lines.push(`p${i % 4};x;${(i / 8).toFixed(3).replace('.', ',')};${i % 3 === 0 ? 'A' : 'B'};note ${i};${i % 10 === 9 ? '' : i * 2}`);
  lines[5] = 'p1;x;wide;A;note;3;too long';
  lines[6] = 'p1;x;not a number;A;note;3';
  const content = Buffer.from(lines.join('\r\n'));
  const upload = uploaded(content);
  const found = await look(content);
  const job = await runToEnd(specOf(upload, found, {}, 'grade'));
  assert.is(job.end.state, 'succeeded', job.log);
  const outcome = readJson<TableOutcome>(job.dir, 'out', 'table.json');
  assert.is(outcome.count, 2999);
  assert.is(outcome.labelledCount, 2999);
  assert.equal(
    outcome.classes.map(({ name }) => name),
    ['A', 'B'],
  );
  assert.equal(outcome.summary, { columns: 5, target: 'grade', targetType: 'categorical', missing: 301, missingColumns: 2 });
  const dir = join(job.dir, 'out', 'dataset', 'table');
  const set = await TableSet.open(dir);
  assert.equal(
    set.schema.columns.map(({ name, type }) => [name, type]),
    [
      ['part', 'categorical'],
      ['size', 'real'],
      ['grade', 'categorical'],
      ['note', 'text'],
      ['size (2)', 'integer'],
    ],
  );
  assert.equal(plain(await set.values(1, 2, 6)), [0.25, 0.375, Number.NaN, 0.75]);
  assert.equal(plain(await set.values(3, 1000, 1002)), ['note 1001', 'note 1002']);
  assert.is(outcome.sizeBytes, await set.sizeBytes());
  await set.close();
  const report = readJson<TableReport>(dir, 'report.json');
  assert.equal(report.leftOut, { count: 1, rows: [6] });
  assert.equal(report.unreadable, [{ column: 'size', count: 1, rows: [7], examples: ['not a number'] }]);
  assert.equal(report.renamed, [{ column: 6, from: 'size', to: 'size (2)' }]);
  const statistics = readFileSync(join(dir, 'statistics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ColumnStatistics);
  assert.is(statistics[4]!.missing, 300);
  assert.is(statistics[1]!.numbers!.max, 374.875);
  const associations = readJson<Associations>(dir, 'associations.json');
  assert.equal(
    associations.columns.map(({ name }) => name),
    ['grade', 'part', 'size', 'size (2)'],
  );
  assert.ok(Math.abs(associations.values[2]![3]! - 1) < 1e-5, 'size and its double go together');
  assert.is(associations.rows, 2999);
});

test('columns that are not those of the preview are refused', async () => {
  const upload = uploaded('a,b\n1,2\n');
  const found = await look('a,c\n1,2\n');
  const job = await runToEnd(specOf(upload, found));
  assert.is(job.end.failure?.code, 'table_columns_changed');
  assert.not.ok(existsSync(join(job.dir, 'out')));
});

test('a job that is stopped leaves nothing', async () => {
  const content = `a,b,c\n${'1,2.5,x\n'.repeat(400_000)}`;
  const upload = uploaded(content);
  const job = startJob(specOf(upload, await look(content)));
  job.child.on('message', () => job.child.send({ type: 'stop' }));
  const { end, dir } = await endOf(job);
  assert.is(end.state, 'stopped');
  assert.not.ok(existsSync(join(dir, 'out')));
});

test('a preprocessing that is stopped or killed on the way leaves nothing, and begun again it is whole', async () => {
  const content = `a,b,c\n${Array.from({ length: 60_000 }, (_, i) => `${i % 7 === 0 ? '' : i},${i / 8},x${i % 5}`).join('\n')}\n`;
  const made = await runToEnd(specOf(uploaded(content), await look(content)));
  const table = join(made.dir, 'out', 'dataset', 'table');
  const chain: TablePreprocessSpec['chain'] = [
    { method: 'fill_missing', parameters: { columns: [], with: 'median', constant: '', group: 'c' } },
    { method: 'one_hot', parameters: { columns: ['c'], drop_first: false } },
    { method: 'derive', parameters: { name: 'd', expression: 'a * b + sqrt(b)' } },
  ];
  const spec: TablePreprocessSpec = { ...COMMON, kind: 'preprocess', type: 'tabular', table, target: null, chain, limits: TABLE };
  const onProgress = (job: RunningJob, then: () => void) =>
    job.child.on('message', (message) => {
      if ((message as WorkerMessage).type === 'progress') then();
    });

  const stopped = startJob(spec);
  onProgress(stopped, () => stopped.child.send({ type: 'stop' }));
  const { end, dir } = await endOf(stopped);
  assert.is(end.state, 'stopped');
  assert.not.ok(existsSync(join(dir, 'out')));

  const killed = startJob(spec);
  onProgress(killed, () => killed.child.kill('SIGKILL'));
  assert.is((await killed.ended).signal, 'SIGKILL');
  const again = await runToEnd(spec, killed.dir);
  assert.is(again.end.state, 'succeeded', again.log);
  const { summary, count } = readJson<TableOutcome>(again.dir, 'out', 'table.json');
  assert.equal([count, summary.columns, summary.missing], [60_000, 8, 0]);
  const set = await TableSet.open(join(again.dir, 'out', 'dataset', 'table'));
  assert.equal(plain(await set.values(7, 1, 2)), [0.125 + Math.sqrt(0.125)]);
  await set.close();
});

test.run();
