/** What can be done with a model of the repository, and whether the reader has seen it. */
import type { ModelDetails, ModelEntry, ModelVersion } from '../../server/http/library-schemas.ts';
import { api } from '../api.ts';
import { confirm } from '../components/confirm.ts';
import { openDialog } from '../components/dialog.ts';
import { nameDialog } from '../components/name-dialog.ts';
import { toast, toastError } from '../components/toast.ts';
import '../i18n/areas/library.ts';
import * as format from '../i18n/format.ts';
import { t } from '../i18n/language.ts';
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

/** In percent. */
export const versionAccuracy = ({ result: { evaluation } }: ModelVersion) => (evaluation.test ?? evaluation.validation).accuracy;

/** The versions that go when only the newest `most` are kept, the oldest first, in a line each. `coming`: how many are just being registered. */
export function versionsToGo({ versions }: ModelDetails, most: number, coming = 0): string[] {
  return versions
    .toSorted((a, b) => a.version - b.version)
    .slice(0, Math.max(0, versions.length + coming - most))
    .map((one) => t('model.goes', { n: one.version, experiment: one.experimentName, accuracy: format.percent(versionAccuracy(one)) }));
}

const renaming = nameDialog<ModelEntry, ModelDetails>({
  title: 'model.rename.title',
  label: 'model.rename.new',
  need: 'model.rename.need',
  start: (model) => model.name,
  save: (model, name) => api.patch<ModelDetails>(`/api/models/${model.id}`, { name }),
});

export async function renameModel(model: ModelEntry): Promise<boolean> {
  const changed = await openDialog(renaming, model);
  if (changed) toast('success', t('model.saved'));
  return changed !== undefined;
}

export async function deleteModel(model: ModelEntry): Promise<boolean> {
  const sure = await confirm(() => ({
    title: t('model.delete.title', { name: model.name }),
    text: t('model.delete.text'),
    points: [t('model.delete.versions', { n: model.versions })],
    ok: t('action.delete'),
    danger: true,
  }));
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
