/** What can be done with a model of the repository, and whether the reader has seen it. */
import type { ModelDetails, ModelEntry } from '../../server/http/library-schemas.ts';
import { api } from '../api.ts';
import { confirm } from '../components/confirm.ts';
import { dialog, dialogFoot, openDialog } from '../components/dialog.ts';
import { field } from '../components/field.ts';
import { toast, toastError } from '../components/toast.ts';
import { t } from '../i18n/language.ts';
import { component } from '../mount.ts';
import { remember, remembered } from '../session.ts';

const NEW_DAYS = 14;

/** A version came lately that was not looked at since in this browser. */
export function isNew(model: ModelEntry): boolean {
  const lately = Date.now() - Date.parse(model.updatedAt) < NEW_DAYS * 86400_000;
  return lately && Number(remembered(`model.${model.id}`) ?? 0) < (model.latestVersion ?? 0);
}
export function markSeen(model: ModelEntry): void {
  remember(`model.${model.id}`, String(model.latestVersion ?? 0));
}

const renaming = dialog<ModelEntry, ModelDetails>({
  title: 'model.rename.title',
  size: 'small',
  template: `<div class="dialog-body">${field({ model: 'name', label: 'model.rename.new', maxLength: 100, required: true, error: 'wrong()', autofocus: true })}<div x-problem="problem"></div></div>${dialogFoot('action.ok', { busy: 'busy' })}`,
  component: (model, done) =>
    component({
      name: model.name,
      busy: false,
      tried: false,
      problem: null as unknown,
      wrong() {
        return this.tried && !this.name.trim() ? t('model.rename.need') : '';
      },
      async submit() {
        this.tried = true;
        if (!this.name.trim()) return;
        this.busy = true;
        this.problem = null;
        try {
          done(await api.patch<ModelDetails>(`/api/models/${model.id}`, { name: this.name.trim() }));
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
    }),
});

export async function renameModel(model: ModelEntry): Promise<boolean> {
  const changed = await openDialog(renaming, model);
  if (changed) toast('success', t('model.saved'));
  return changed !== undefined;
}

export async function deleteModel(model: ModelEntry): Promise<boolean> {
  const sure = await confirm({
    title: t('model.delete.title', { name: model.name }),
    text: t('model.delete.text'),
    points: [t('model.delete.versions', { n: model.versions })],
    ok: t('action.delete'),
    danger: true,
  });
  if (!sure) return false;
  try {
    await api.remove(`/api/models/${model.id}`);
    toast('success', t('model.deleted'));
    return true;
  } catch (error) {
    toastError(error);
    return false;
  }
}
