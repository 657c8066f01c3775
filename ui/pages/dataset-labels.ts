/** Label Upload and Download Dataset, from the list and from a dataset's own page. */
import type { DownloadFormat } from '../../server/http/label-schemas.ts';
import type { Dataset } from '../../server/http/schemas.ts';
import { api, wasAborted } from '../api.ts';
import { dialog, dialogFoot, openDialog } from '../components/dialog.ts';
import { download } from '../components/download.ts';
import type { MenuItem } from '../components/menu.ts';
import { toast } from '../components/toast.ts';
import '../i18n/areas/labels.ts';
import * as format from '../i18n/format.ts';
import { inLanguage, type Said, t, textOf } from '../i18n/language.ts';
import { component, icon } from '../mount.ts';
import { checkLabels, LABEL_ACCEPT, packedFile } from '../upload/prepare.ts';
import { type Sent, send } from '../upload/send.ts';
import { sendingText, sendingView } from '../upload/view.ts';

/** Why nothing can be done yet with what is in it, or ''. */
export function notReady({ status }: Dataset): string {
  return status === 'ready' ? '' : t(status === 'failed' ? 'data.blocked.dataset_failed' : 'data.blocked.dataset_ingesting');
}

/** Where its labels come from: a file, files of a format, class folders, people. */
export function labelSource({ labelFile, labelFormat }: Dataset): string {
  return labelFile ?? formatText(labelFormat ?? 'folders');
}

/** Does a report tell more of its labels than the pictures do? Of class folders only where something was found. */
export function hasLabelReport({ labelFile, labelFormat, labelFindings }: Dataset): boolean {
  return labelFile !== null || labelFindings > 0 || (labelFormat !== null && labelFormat !== 'folders');
}

export function formatText(name: string): string {
  return textOf(`labels.format.${name}`) ?? name;
}

const uploader = dialog<Dataset, Dataset>({
  title: 'labels.upload',
  template: `<div class="dialog-body stack">
      <p x-t="labels.upload.text"></p><p class="muted" x-text="formats()"></p>
      <p class="notice warn" x-show="replaces()">${icon('triangle-alert')}<span x-text="replaces()"></span></p>
      <div class="labels-row"><label class="button"><input type="file" class="visually-hidden" accept="${LABEL_ACCEPT}" @change="take($event)">${icon('tags')}<span x-t="labels.upload.choose"></span></label>
        <span class="labels-file" x-show="file"><span class="cut" x-text="name()"></span></span></div>
      <p class="field-error" role="alert" x-show="wrong" x-text="$say(wrong)"></p>
      ${sendingView('sending')}
      <div x-problem="problem"></div></div>
    ${dialogFoot('labels.upload.ok', { busy: 'busy' })}`,
  component: (dataset, done) =>
    component({
      file: null as File | null,
      formats: () => textOf(`labels.upload.formats.${dataset.problem}`) ?? '',
      replaces: () => (dataset.labelledCount ? t('labels.upload.replaces', { n: dataset.labelledCount }) : ''),
      wrong: null as Said | null,
      busy: false,
      problem: null as unknown,
      sending: null as (Sent & { title: Said }) | null,
      cancelling: new AbortController(),
      take(event: Event) {
        const input = event.target as HTMLInputElement;
        const file = input.files?.[0];
        input.value = '';
        if (!file) return;
        this.wrong = checkLabels(file);
        if (!this.wrong) this.file = Object.freeze(file);
      },
      name() {
        return this.file ? `${this.file.name} (${format.bytes(this.file.size)})` : '';
      },
      dirty() {
        return this.busy;
      },
      destroy() {
        this.cancelling.abort();
      },
      async submit() {
        if (!this.file) this.wrong = { key: 'labels.upload.need' };
        if (!this.file || this.busy) return;
        this.busy = true;
        this.problem = null;
        try {
          const title: Said = { key: 'upload.labels' };
          const { body, name, mark } = packedFile(this.file);
          const uploadId = await send(body, name, {
            signal: this.cancelling.signal,
            mark,
            onSent: (sent) => {
              this.sending = { ...sent, title };
            },
          });
          done(await api.post<Dataset>(`/api/datasets/${dataset.id}/labels`, { uploadId }));
        } catch (error) {
          if (!wasAborted(error)) this.problem = error;
        } finally {
          this.busy = false;
          this.sending = null;
        }
      },
      sendingText,
    }),
});

export async function uploadLabels(dataset: Dataset): Promise<Dataset | undefined> {
  const changed = await openDialog(uploader, dataset);
  if (changed) toast('info', t('labels.upload.started'));
  return changed;
}

/** Semantic labels are masks; otherwise the first format of the list holds most. */
const BEST: Partial<Record<Dataset['problem'], string>> = { classification: 'folders', semantic_segmentation: 'masks' };

const downloader = dialog<Dataset>({
  title: 'labels.download',
  template: `<div class="dialog-body stack">
      <p x-t="labels.download.text"></p><p class="muted" x-show="unlabelled" x-t="labels.download.unlabelled"></p>
      <div x-problem="problem"></div>
      <fieldset class="cards format-cards" x-show="!unlabelled"><legend x-t="labels.download.format"></legend>
        <template x-for="one in formats" :key="one.format"><label class="card-choice"><input type="radio" name="label-format" :value="one.format" x-model="chosen"><span><b x-text="name(one)"></b>
          <small x-show="!one.losses.length" x-t="labels.download.lossless"></small>
          <template x-if="one.losses.length"><span class="format-losses"><small x-t="labels.download.losses"></small><template x-for="loss in one.losses" :key="loss.loss"><small class="format-loss"><span x-text="say(loss)"></span></small></template></span></template></span></label></template></fieldset></div>
    ${dialogFoot('labels.download.ok', { disabled: '!chosen' })}`,
  component: (dataset, done) =>
    component({
      formats: [] as DownloadFormat[],
      chosen: '',
      unlabelled: dataset.labelledCount === 0,
      problem: null as unknown,
      async init() {
        try {
          const formats = await api.get<DownloadFormat[]>(`/api/datasets/${dataset.id}/formats`);
          this.formats = formats;
          this.chosen = formats.find((one) => one.format === BEST[dataset.problem])?.format ?? formats[0]?.format ?? '';
        } catch (error) {
          this.problem = error;
        }
      },
      name: (one: DownloadFormat) => formatText(one.format),
      say: (loss: DownloadFormat['losses'][number]) => `${inLanguage(loss)} ${t('labels.losses.count', { n: loss.count })}`,
      async submit() {
        if (!this.chosen) return;
        const address = `/api/datasets/${dataset.id}/download`;
        try {
          await api.get(`${address}/check?format=${this.chosen}`);
        } catch (error) {
          this.problem = error;
          return;
        }
        download(`${address}?format=${this.chosen}`);
        done(true);
      },
    }),
});

/** The entries of a dataset's menu. `reason`: why its labels cannot be changed here, or ''. */
export function labelItems(dataset: Dataset, reason: string, changed: (dataset: Dataset) => void = () => {}): MenuItem[] {
  if (dataset.type !== 'image') return [];
  const waiting = notReady(dataset);
  const busy = reason || waiting || (dataset.labelJobId === null ? '' : t('labels.upload.busy'));
  return [
    {
      text: t('labels.upload'),
      icon: 'tags',
      disabled: Boolean(busy),
      note: busy,
      run: async () => {
        const answer = await uploadLabels(dataset);
        if (answer) changed(answer);
      },
    },
    { text: t('labels.download'), icon: 'download', disabled: Boolean(waiting), note: waiting, run: () => void openDialog(downloader, dataset) },
  ];
}
