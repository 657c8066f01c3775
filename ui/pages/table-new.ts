/** New Dataset of a table: upload, a preview whose settings and columns can be corrected, the target, then the dataset. */

import type { Dataset } from '../../server/http/schemas.ts';
import type { TablePreview } from '../../server/http/table-preview-schemas.ts';
import type { ColumnType, FoundColumn, TableFindings, TableSettings } from '../../server/http/table-schemas.ts';
import { ApiError, api, wasAborted } from '../api.ts';
import { confirm } from '../components/confirm.ts';
import { type ChosenFile, dropZone } from '../components/drop.ts';
import { field, select } from '../components/field.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/tables.ts';
import * as format from '../i18n/format.ts';
import { type Said, t } from '../i18n/language.ts';
import { component, icon } from '../mount.ts';
import { page, pageHead } from '../page.ts';
import { go } from '../router.ts';
import { discardUpload } from '../upload/kept.ts';
import { extension, packedFile } from '../upload/prepare.ts';
import { type Sent, send } from '../upload/send.ts';
import { askToCancel } from '../upload/shown.ts';
import { sendingText, sendingView } from '../upload/view.ts';
import { newDataset, sharedButton } from './dataset-shared.ts';
import { visibilityChoice } from './dataset-visibility.ts';

const TYPES = ['.csv', '.tsv', '.txt', '.xlsx', '.xlsm', '.ods', '.zip', '.gz'];
const COLUMN_TYPES: readonly ColumnType[] = ['categorical', 'integer', 'real', 'date', 'text'];
const COLUMNS_SHOWN = 20;
const PREVIEW_ROWS = 20;
const PREVIEW_COLUMNS = 40;
/** What people call the column that is to be predicted. */
const TARGET_NAME = /^(label|target|class|y|outcome|result|judg(e)?ment|quality|grade|라벨|레이블|클래스|판정|결과|등급|불량 ?여부|합격 ?여부|목표)$/i;

interface Column extends FoundColumn {
  index: number;
  keep: boolean;
}

const settings = `<div class="table-settings">
    <div class="settings-grid" x-show="isText()">
      ${select({
        model: 'form.encoding',
        label: 'tables.encoding',
        from: 'encodings',
      })}
      ${select({
        model: 'form.delimiter',
        label: 'tables.delimiter',
        from: 'delimiters()',
      })}
      ${select({
        model: 'form.decimal',
        label: 'tables.decimal',
        from: 'decimals()',
      })}
      ${select({
        model: 'form.dateOrder',
        label: 'tables.dateOrder',
        from: 'dateOrders()',
      })}</div>
    <div class="settings-grid" x-show="!isText()">${select({ model: 'form.sheet', label: 'tables.sheet', from: 'sheets()' })}</div>
    <div class="settings-grid wide">${field({ model: 'form.missing', label: 'tables.missing', hint: 'tables.missing.hint', maxLength: 400 })}
      <div class="check-field"><label class="check"><input type="checkbox" x-model="form.header"><span x-t="tables.header"></span></label></div></div></div>`;

const columnRows = `<div class="table-scroll" tabindex="0" role="region" x-t:aria-label="tables.new.columns"><table class="table table-columns"><thead><tr>
      <th scope="col" class="narrow" x-t="tables.keep"></th><th scope="col" x-t="tables.column"></th><th scope="col" class="narrow" x-t="tables.type"></th>
      <th scope="col" class="narrow end" x-t="tables.missingCount"></th><th scope="col" class="narrow end" x-t="tables.distinct"></th><th scope="col" x-t="tables.examples"></th></tr></thead>
    <tbody><template x-for="column in shownColumns()" :key="column.index"><tr :class="{ unused: !column.keep }">
      <td class="narrow"><label class="hit"><input type="checkbox" :checked="column.keep" @change="keep(column.index, $el.checked)" :aria-label="$t('tables.keep.one', { name: column.name })"></label></td>
      <td data-verbatim><span class="column-name" x-text="column.name"></span><span class="chip plain blue" x-show="isTarget(column)" x-t="tables.target.mark"></span>
        <p class="field-error" x-show="problemOf(column)" x-text="problemOf(column)"></p></td>
      <td class="narrow"><select :disabled="!column.keep" @change="setType(column.index, $el.value)" :aria-label="$t('tables.type.one', { name: column.name })"><template x-for="type in types" :key="type"><option :value="type" :selected="type === column.type" x-text="$t('tables.type.' + type)"></option></template></select></td>
      <td class="narrow end number" :class="{ some: column.missing }" x-text="$f.count(column.missing)"></td>
      <td class="narrow end number" x-text="distinct(column)"></td>
      <td class="examples" data-verbatim x-text="examples(column)"></td></tr></template></tbody></table></div>
    <div class="table-foot" x-show="columns.length > ${COLUMNS_SHOWN}"><span class="spacer"></span><span x-text="columnRange()"></span>
      <button type="button" class="icon-button" @click="turnColumns(-1)" :disabled="!columnPage" x-t:aria-label="tables.columns.previous">${icon('chevron-left')}</button>
      <button type="button" class="icon-button" @click="turnColumns(1)" :disabled="lastColumns()" x-t:aria-label="tables.columns.next">${icon('chevron-right')}</button></div>`;

const previewRows = `<div class="table-scroll preview-rows" tabindex="0" role="region" x-t:aria-label="tables.new.preview" data-verbatim><table class="table"><thead><tr><template x-for="column in previewColumns()" :key="column.index"><th scope="col" :class="{ end: numeric(column) }"><span class="head-name" x-text="column.name" :title="column.name"></span></th></template></tr></thead>
    <tbody><template x-for="(row, index) in previewCells()" :key="index"><tr><template x-for="(cell, at) in row" :key="at"><td :class="{ end: cell.end, missing: cell.missing }" x-text="cell.text"></td></template></tr></template></tbody></table></div>`;

export default page({
  title: 'new.title',
  help: {
    ko: `# 새 데이터셋 (표)
CSV, TSV, XLSX 파일로 데이터셋을 만듭니다. 한 행이 샘플 하나, 한 열이 특징 하나입니다.
# 읽는 방법
- 인코딩(UTF-8, CP949 등), 구분 기호, 소수점, 열 이름 행을 자동으로 찾습니다. 미리 보기가 이상하면 고쳐 주세요.
- Excel 파일은 시트를 고를 수 있고, 수식은 저장된 결과를 읽습니다.
# 열
- 형식: 범주형, 정수, 실수, 날짜, 텍스트. 날짜와 텍스트는 학습에 사용하지 않습니다.
- 분류와 회귀에는 예측할 열(라벨)이 필요합니다.
- 결측치가 남아 있으면 전처리로 채우거나 제거한 뒤 내보낼 수 있습니다.`,
    en: `# New Dataset of a table
Make a dataset of a CSV, TSV or XLSX file. Each row is a sample, each column a feature.
# How it is read
- Encoding (UTF-8, CP949, …), delimiter, decimal mark and header are detected. Correct them if the preview looks wrong.
- Of an Excel file a sheet can be chosen; of formulas the stored results are read.
# Columns
- Types: categorical, integer, real, date, text. Dates and texts are not learned from.
- Classification and regression need a target column (the label).
- Missing values have to be filled or dropped under Preprocess before the dataset can be exported.`,
  },
  template: `${pageHead('new.title', 'tables.new.purpose', sharedButton)}
    <div x-problem="!project && problem"></div>
    <div class="notice page-notice" x-show="refusal()">${icon('lock')}<span x-text="refusal()"></span></div>
    <form class="new-dataset" x-show="!locked()" @submit.prevent="create()" novalidate>
      <div class="new-left">
        <section class="box"><div class="box-head"><h2 x-t="tables.new.file"></h2></div><div class="box-body stack" @files-chosen="take($event.detail)">
          <div x-show="!fileName">${dropZone({ text: 'tables.new.drop', note: 'tables.new.drop.note', accept: TYPES.join(','), multiple: false })}</div>
          <p class="field-error" role="alert" x-show="wrong" x-text="$say(wrong)"></p>
          <div class="chosen" x-show="fileName && !sending"><div class="chosen-head"><span class="chosen-icon" x-icon="'file-text'"></span><div class="chosen-what"><b class="cut" data-verbatim x-text="fileName"></b><span class="muted" x-text="fileSize()"></span></div>
            <button type="button" class="button quiet" x-show="!busy" @click="other()">${icon('x')}<span x-t="tables.new.other"></span></button></div></div>
          ${sendingView('sending')}
          <div class="row" x-show="sending"><span class="spacer"></span><button type="button" class="button" @click="cancel()">${icon('x')}<span x-t="new.cancel.ok"></span></button></div>
          <p class="muted" role="status" x-show="looking" x-t="tables.new.reading"></p>
          <div x-problem="previewProblem"></div></div></section>
        <section class="box"><div class="box-head"><h2 x-t="tables.new.settings"></h2></div><p class="box-body muted" x-show="!asked()" x-t="tables.new.later"></p><div class="box-body stack" x-show="asked()" @change="correct()"><p class="muted" x-t="tables.new.settings.note"></p>${settings}</div></section>
        <section class="box"><div class="box-head"><h2 x-t="tables.new.columns"></h2><span class="muted" x-show="found" x-text="columnCount()"></span></div><p class="box-body muted" x-show="!found" x-t="tables.new.later"></p><div class="box-body stack" x-show="found"><p class="muted" x-t="tables.new.columns.note"></p>
          <template x-for="(line, index) in warnings()" :key="index"><p class="notice warn">${icon('triangle-alert')}<span x-text="line"></span></p></template>
          ${columnRows}</div></section>
        <section class="box" x-show="found"><div class="box-head"><h2 x-t="tables.new.preview"></h2><span class="muted" x-text="previewNote()"></span></div>${previewRows}</section>
      </div>
      <section class="box new-right"><div class="box-head"><h2 x-t="tables.new.about"></h2></div><div class="box-body stack">
        <div x-show="needsTarget()">${select({ model: 'target', label: 'tables.target', from: 'targets()' })}
          <p class="field-note" x-text="targetHint()"></p></div>
        <p class="notice warn" x-show="found && needsTarget() && !target">${icon('info')}<span x-t="tables.target.need"></span></p>
        <p class="muted" x-show="project && !needsTarget()" x-t="tables.target.notNeeded"></p>
        ${field({ model: 'name', label: 'new.name', maxLength: 100, required: true, error: 'nameWrong()' })}
        ${field({ model: 'description', label: 'data.description', type: 'textarea', maxLength: 2000, optional: true })}
        ${visibilityChoice('visibility')}
        <p class="field-error" role="alert" x-show="tried && found && !keptCount()" x-t="tables.new.noColumns"></p>
        <div x-problem="project && problem"></div>
        <div class="new-actions"><button type="submit" class="button primary large" :disabled="locked() || !found || looking" :aria-busy="busy ? 'true' : 'false'"><span x-t="new.create"></span></button></div>
        <p class="muted" x-show="!found && !fileName" x-t="tables.new.need"></p></div></section>
    </form>`,
  component: (route) => {
    const projectId = Number(route.params.id);
    return component({
      ...newDataset(projectId, route.signal),
      previewProblem: null as unknown,
      wrong: null as Said | null,
      fileName: '',
      bytes: 0,
      uploadId: '',
      sending: null as (Sent & { title: Said }) | null,
      looking: false,
      round: 0,
      /** Of the upload that is on its way. */
      cancelling: null as AbortController | null,
      startedAt: 0,
      /** How the columns are to be read was changed by hand. */
      corrected: false,
      found: null as TableFindings | null,
      columns: [] as Column[],
      columnPage: 0,
      /** The settings as they stand in the fields; `shown`: as they were when the preview was asked for. */
      form: { encoding: 'utf-8', delimiter: ',', decimal: '.', dateOrder: 'month', sheet: '', header: true, missing: '' },
      shown: '',
      keepTypes: false,
      name: '',
      prefilled: '',
      description: '',
      visibility: 'private' as 'private' | 'shared',
      target: '',
      tried: false,
      busy: false,
      types: COLUMN_TYPES,
      encodings: [
        { value: 'utf-8', text: 'UTF-8' },
        { value: 'euc-kr', text: 'CP949 (EUC-KR)' },
        { value: 'utf-16le', text: 'UTF-16 LE' },
        { value: 'utf-16be', text: 'UTF-16 BE' },
        { value: 'windows-1252', text: 'Windows-1252' },
      ],
      async init() {
        route.guard(() => this.busy || this.fileName !== '' || this.description !== '');
        route.signal.addEventListener('abort', () => this.forget());
        this.$watch('target', (name: string) => this.targetChosen(name));
        await this.open(true);
      },
      // ---- the file
      take(files: ChosenFile[]) {
        const file = files[0]?.file;
        if (this.busy || !file) return;
        this.wrong = null;
        if (files.length > 1) this.wrong = { key: 'tables.new.one' };
        else if (!TYPES.includes(extension(file.name))) this.wrong = { key: 'tables.new.kind', params: { name: file.name } };
        else if (file.size === 0) this.wrong = { key: 'upload.empty', params: { name: file.name } };
        else void this.upload(file);
      },
      async upload(file: File) {
        this.clear();
        const sending = new AbortController();
        this.cancelling = sending;
        this.startedAt = Date.now();
        this.fileName = file.name;
        this.bytes = file.size;
        if (!this.name || this.name === this.prefilled) {
          this.prefilled = file.name
            .replace(/\.[^.]+$/, '')
            .normalize('NFC')
            .slice(0, 100);
          this.name = this.prefilled;
        }
        const title = { key: 'upload.sending', params: { name: file.name } } as const;
        this.sending = { title, sent: 0, total: file.size, rate: null, remainingSeconds: null, waiting: false };
        try {
          this.uploadId = await send(file, file.name, {
            signal: sending.signal,
            mark: packedFile(file).mark,
            onSent: (sent) => {
              if (this.cancelling === sending) this.sending = { ...sent, title };
            },
          });
          if (this.cancelling !== sending) return;
          this.cancelling = null;
          this.sending = null;
          await this.look({});
        } catch (error) {
          if (this.cancelling !== sending) return;
          if (wasAborted(error)) return this.clear();
          this.cancelling = null;
          this.sending = null;
          this.previewProblem = error;
        }
      },
      cancel() {
        return askToCancel(this);
      },
      async other() {
        const ask = () => ({ title: t('tables.new.other.title'), text: t('tables.new.other.text'), ok: t('tables.new.other'), danger: true });
        if (!this.corrected || (await confirm(ask, route.signal))) this.clear();
      },
      clear() {
        this.forget();
        this.round++;
        this.fileName = '';
        this.found = null;
        this.columns = [];
        this.previewProblem = null;
        this.looking = false;
        this.sending = null;
        this.target = '';
        this.corrected = false;
        this.shown = '';
        if (this.name === this.prefilled) this.name = '';
      },
      /** What was uploaded and is not used is thrown away. */
      forget() {
        this.cancelling?.abort();
        this.cancelling = null;
        const id = this.uploadId;
        this.uploadId = '';
        if (id) discardUpload(id);
      },
      fileSize() {
        return format.bytes(this.bytes);
      },
      // ---- the preview
      async look(settings: Partial<TableSettings>) {
        const round = ++this.round;
        this.looking = true;
        this.previewProblem = null;
        try {
          let preview = await api.post<TablePreview>(`/api/projects/${projectId}/table-previews`, { uploadId: this.uploadId, settings });
          while (preview.state === 'pending' || preview.state === 'running') {
            await new Promise((resolve) => setTimeout(resolve, 250));
            if (round !== this.round || route.signal.aborted) return;
            preview = await api.get<TablePreview>(`/api/table-previews/${preview.id}`, undefined, route.signal);
          }
          if (round !== this.round) return;
          if (preview.result) this.show(preview.result);
          else {
            this.found = null;
            this.previewProblem = preview.failure ?? { key: 'error.unexpected' };
          }
        } catch (error) {
          // The next preview has taken this one's place.
          if (round === this.round && !wasAborted(error) && !(error instanceof ApiError && error.status === 404)) this.previewProblem = error;
        } finally {
          if (round === this.round) this.looking = false;
        }
      },
      show(found: TableFindings) {
        const before = new Map((this.keepTypes ? this.columns : []).map((column) => [column.name, column]));
        this.keepTypes = false;
        this.found = Object.freeze(found);
        this.columns = found.columns.map((column, index) => {
          const known = before.get(column.name);
          return { ...column, index, type: known ? known.type : column.type, keep: known?.keep ?? true };
        });
        this.columnPage = 0;
        const { encoding, delimiter, decimal, dateOrder = 'month', sheet, header, missing } = found.settings;
        this.form = { encoding, delimiter, decimal, dateOrder, sheet: sheet ?? '', header, missing: missing.join(', ') };
        this.shown = JSON.stringify(this.form);
        if (!this.columns.some(({ name }) => name === this.target)) this.target = '';
        if (!this.target && this.needsTarget()) this.target = this.columns.find(({ name, type }) => TARGET_NAME.test(name) && this.able(type))?.name ?? '';
      },
      correct() {
        if (!this.uploadId || JSON.stringify(this.form) === this.shown) return;
        this.corrected = true;
        // A column that is read in another way is judged anew; with other words for missing it is what it was.
        const { missing: before, ...others } = JSON.parse(this.shown) as typeof this.form;
        this.keepTypes = this.form.missing !== before && JSON.stringify({ ...this.form, missing: before }) === JSON.stringify({ ...others, missing: before });
        this.shown = JSON.stringify(this.form);
        const { encoding, delimiter, decimal, dateOrder, sheet, header } = this.form;
        const missing = this.form.missing
          .split(',')
          .map((word) => word.trim().slice(0, 40))
          .filter(Boolean)
          .slice(0, 40);
        const common = { header, missing };
        void this.look((this.isText() ? { ...common, encoding, delimiter, decimal, dateOrder } : { ...common, sheet }) as Partial<TableSettings>);
      },
      /** There are settings to show, also while they are wrong. */
      asked() {
        return this.shown !== '';
      },
      isText() {
        return this.found ? this.found.settings.format === 'csv' : !/\.(xls[xm]|ods)$/i.test(this.fileName);
      },
      delimiters: () => [
        { value: ',', text: t('tables.delimiter.comma') },
        { value: '\t', text: t('tables.delimiter.tab') },
        { value: ';', text: t('tables.delimiter.semicolon') },
        { value: '|', text: t('tables.delimiter.bar') },
      ],
      decimals: () => [
        { value: '.', text: t('tables.decimal.point') },
        { value: ',', text: t('tables.decimal.comma') },
      ],
      dateOrders: () => [
        { value: 'day', text: t('tables.dateOrder.day') },
        { value: 'month', text: t('tables.dateOrder.month') },
      ],
      sheets() {
        return (this.found?.sheets ?? (this.form.sheet ? [this.form.sheet] : [])).map((name) => ({ value: name, text: name }));
      },
      // ---- the columns
      shownColumns() {
        return this.columns.slice(this.columnPage * COLUMNS_SHOWN, (this.columnPage + 1) * COLUMNS_SHOWN);
      },
      columnRange() {
        const from = this.columnPage * COLUMNS_SHOWN;
        return t('tables.columns.range', { from: from + 1, to: Math.min(this.columns.length, from + COLUMNS_SHOWN), total: this.columns.length });
      },
      lastColumns() {
        return (this.columnPage + 1) * COLUMNS_SHOWN >= this.columns.length;
      },
      turnColumns(by: number) {
        this.columnPage += by;
      },
      keptCount() {
        return this.columns.filter(({ keep }) => keep).length;
      },
      columnCount() {
        return t('tables.new.columns.count', { all: this.columns.length, kept: this.keptCount() });
      },
      keep(index: number, keep: boolean) {
        const column = this.columns[index];
        if (!column) return;
        column.keep = keep;
        this.corrected = true;
        if (!keep && column.name === this.target) this.target = '';
      },
      setType(index: number, type: ColumnType) {
        const column = this.columns[index];
        if (!column) return;
        column.type = type;
        this.corrected = true;
        if (column.name === this.target && !this.able(type)) this.target = '';
      },
      isTarget(column: Column) {
        return column.name === this.target;
      },
      problemOf(column: Column) {
        if (!column.keep) return '';
        const wrong = column.type === 'integer' || column.type === 'real' ? column.notNumbers : column.type === 'date' ? column.notDates : 0;
        if (wrong) return t('tables.unreadable', { n: wrong });
        const limit = this.found?.distinctLimit ?? 0;
        return column.type === 'categorical' && column.distinct >= limit ? t('tables.manyCategories', { n: limit }) : '';
      },
      distinct(column: Column) {
        return column.distinct >= (this.found?.distinctLimit ?? 0) ? `${format.count(column.distinct)}+` : format.count(column.distinct);
      },
      examples: (column: Column) => column.examples.join(' · '),
      warnings() {
        const of = this.found;
        if (!of) return [];
        const lines: string[] = [];
        if (of.short.count) lines.push(t('tables.new.short', { n: of.short.count, row: of.short.rows[0] ?? 0 }));
        if (of.long.count) lines.push(t('tables.new.long', { n: of.long.count, row: of.long.rows[0] ?? 0 }));
        return lines;
      },
      // ---- the first rows
      numeric: ({ type }: Column) => type === 'integer' || type === 'real',
      previewColumns() {
        return this.columns.slice(0, PREVIEW_COLUMNS);
      },
      previewCells() {
        const columns = this.previewColumns();
        const words = new Set(this.found?.settings.missing.map((word) => word.toLowerCase()));
        return (this.found?.rows ?? []).slice(0, PREVIEW_ROWS).map((row) =>
          columns.map((column) => {
            const text = row[column.index] ?? '';
            const missing = text === '' || words.has(text.toLowerCase());
            return { text: text === '' ? t('tables.cell.missing') : text, missing, end: this.numeric(column) };
          }),
        );
      },
      previewNote() {
        const of = this.found;
        if (!of) return '';
        const parts = [t('tables.new.preview.note', { n: Math.min(PREVIEW_ROWS, of.rows.length) })];
        if (of.columns.length > PREVIEW_COLUMNS) parts.push(t('tables.new.preview.columns', { n: PREVIEW_COLUMNS }));
        parts.push(t(of.complete ? 'tables.new.looked' : 'tables.new.lookedSome', { n: of.looked }));
        return parts.join(' ');
      },
      // ---- the target
      needsTarget() {
        return this.project?.model === 'classification' || this.project?.model === 'regression';
      },
      able(type: ColumnType) {
        return this.project?.model === 'regression' ? type === 'integer' || type === 'real' : type === 'categorical' || type === 'integer';
      },
      targets() {
        const able = this.columns.filter(({ keep, type }) => keep && this.able(type));
        return [{ value: '', text: t('tables.target.none') }, ...able.map(({ name }) => ({ value: name, text: name }))];
      },
      targetHint() {
        return t(this.project?.model === 'regression' ? 'tables.target.hint.regression' : 'tables.target.hint.classification');
      },
      targetChosen(name: string) {
        const column = this.columns.find((one) => one.name === name);
        if (column && this.project?.model === 'classification') column.type = 'categorical';
      },
      // ---- the dataset
      nameWrong() {
        return this.tried && !this.name.trim() ? t('new.name.need') : '';
      },
      async create() {
        this.tried = true;
        const of = this.found;
        if (!of || this.busy || this.looking || !this.name.trim() || !this.keptCount()) return;
        this.busy = true;
        this.problem = null;
        try {
          const made = await api.post<Dataset>(`/api/projects/${projectId}/tables`, {
            name: this.name.trim(),
            description: this.description,
            visibility: this.visibility,
            uploadId: this.uploadId,
            settings: of.settings,
            columns: this.columns.map(({ name, type, keep }) => ({ name, type, keep })),
            target: this.target || null,
          });
          // It is the dataset's now.
          this.uploadId = '';
          route.guard(() => false);
          await go(`/datasets/${made.id}?job=${made.jobId}`, { replace: true });
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
      sendingText,
    });
  },
});
