/** The dialog that uploads a file of weights. */
import type { NewWeights, Weights } from '../../server/http/weights-schemas.ts';
import { api, wasAborted } from '../api.ts';
import { dialog, dialogFoot } from '../components/dialog.ts';
import { type ChosenFile, dropZone } from '../components/drop.ts';
import { field } from '../components/field.ts';
import '../i18n/areas/data.ts';
import '../i18n/areas/weights.ts';
import { bytes } from '../i18n/format.ts';
import { type Said, t } from '../i18n/language.ts';
import { component } from '../mount.ts';
import { packedFile } from '../upload/prepare.ts';
import { type Sent, send } from '../upload/send.ts';
import { sendingText, sendingView } from '../upload/view.ts';

const ACCEPT = '.safetensors,.pth,.pt,.bin,.onnx';

export const uploadWeights = dialog<null, Weights>({
  title: 'weights.upload.title',
  template: `<div class="dialog-body stack" @files-chosen="take($event.detail)">
      <div x-show="!file && !busy">${dropZone({ text: 'weights.upload.drop', note: 'weights.upload.note', accept: ACCEPT, multiple: false })}</div>
      <p class="field-error" role="alert" x-show="tried && !file" x-t="weights.upload.need"></p>
      <p x-show="file && !busy"><b class="cut" x-text="file ? file.name : ''"></b> <span class="muted" x-text="size()"></span></p>
      <div x-show="!busy">${field({ model: 'name', label: 'weights.name', maxLength: 100, required: true, error: 'nameWrong()' })}</div>
      ${sendingView('sending')}
      <p class="muted" x-t="weights.upload.safe"></p><div x-problem="problem"></div></div>
    ${dialogFoot('weights.upload.ok', { busy: 'busy' })}`,
  component: (_args, done) => {
    const leaving = new AbortController();
    return component({
      file: null as File | null,
      name: '',
      tried: false,
      busy: false,
      problem: null as unknown,
      sending: null as (Sent & { title: Said }) | null,
      sendingText,
      destroy() {
        leaving.abort();
      },
      dirty() {
        return this.busy || this.file !== null;
      },
      take(files: ChosenFile[]) {
        const file = files[0]?.file ?? null;
        this.file = file;
        if (file && !this.name) this.name = file.name.replace(/\.[^.]+$/, '').slice(0, 100);
      },
      size() {
        return this.file ? bytes(this.file.size) : '';
      },
      nameWrong() {
        return this.tried && !this.name.trim() ? t('form.required') : '';
      },
      async submit() {
        this.tried = true;
        const { file } = this;
        if (this.busy || !file || this.nameWrong()) return;
        this.busy = true;
        this.problem = null;
        try {
          const uploadId = await send(file, file.name, {
            signal: leaving.signal,
            mark: packedFile(file).mark,
            onSent: (sent) => {
              this.sending = { ...sent, title: { key: 'upload.sending', params: { name: file.name } } };
            },
          });
          const request: NewWeights = { name: this.name.trim(), uploadId };
          done(await api.post<Weights>('/api/weights', request));
        } catch (error) {
          if (!wasAborted(error)) this.problem = error;
        } finally {
          this.busy = false;
          this.sending = null;
        }
      },
    });
  },
});
