/** What can be done with a dataset, from the list and from its own page. */
import type { Dataset, Experiment, Project } from '../../server/http/schemas.ts';
import { ApiError, api } from '../api.ts';
import { confirm } from '../components/confirm.ts';
import { dialog, dialogFoot, openDialog } from '../components/dialog.ts';
import { field } from '../components/field.ts';
import type { MenuItem } from '../components/menu.ts';
import { toast, toastError } from '../components/toast.ts';
import '../i18n/areas/annotation.ts';
import * as format from '../i18n/format.ts';
import { t, textOf } from '../i18n/language.ts';
import { component } from '../mount.ts';
import { go } from '../router.ts';
import { labelSource, notReady } from './dataset-labels.ts';
import { visibilityChoice } from './dataset-visibility.ts';

/** What its labels are: a label file, class folders, the target column of a table. */
export function labelText(dataset: Dataset): string {
  if (dataset.status !== 'ready') return '–';
  if (dataset.table) return dataset.table.target ?? t('data.label.none');
  if (!dataset.labelledCount) return t('data.label.none');
  const kind = labelSource(dataset);
  return dataset.labelledCount < dataset.count ? `${kind} · ${t('data.label.some', { n: dataset.labelledCount, total: dataset.count })}` : kind;
}

/** How much is missing in a table. */
export function missingText({ missing, missingColumns }: NonNullable<Dataset['table']>): string {
  return missing ? t('data.missing.value', { n: missing, columns: missingColumns }) : t('data.missing.none');
}

/** Where a table is downloaded as CSV. */
export const tableFile = (id: number): string => `/api/datasets/${id}/table/csv`;

/** Why nothing can be changed in a project, or ''. */
export function readOnlyReason(project: Project | null): string {
  if (!project) return '';
  if (!project.editable) return t('data.readOnly');
  return project.status === 'completed' ? t('data.completed') : '';
}

/** Why a dataset cannot be exported, or ''. */
export function exportBlock(dataset: Dataset, project: Project | null): string {
  const locked = readOnlyReason(project);
  if (locked) return locked;
  if (!dataset.exportBlockedBy) return '';
  if (dataset.exportBlockedBy === 'dataset_unlabelled' && !dataset.labelledCount) return t('data.blocked.noLabels');
  return textOf(`data.blocked.${dataset.exportBlockedBy}`) ?? t('data.blocked');
}

/** Datasets whose draft is just being made: a double click makes one draft. */
const exporting = new Set<number>();

/** Where a draft is set up like an earlier training; see like.ts. */
export interface LikeEarlier {
  page: 'run' | 'hpo';
  experimentId: number;
  trial?: number;
}

/** Export to Experiment: makes the draft and shows it in the list of experiments; `like` an earlier one, it is shown on the page where it is set up as that was. */
export async function exportToExperiment(dataset: Pick<Dataset, 'id' | 'name' | 'version'>, projectId: number, like?: LikeEarlier): Promise<void> {
  if (exporting.has(dataset.id)) return;
  exporting.add(dataset.id);
  try {
    const experiment = await api.post<Experiment>(`/api/projects/${projectId}/experiments`, { datasetId: dataset.id });
    if (like !== undefined) {
      const trial = like.trial === undefined ? '' : `&trial=${like.trial}`;
      return void (await go(`/experiments/${experiment.id}/${like.page}?like=${like.experimentId}${trial}`));
    }
    await go(`/projects/${projectId}/experiments?new=${experiment.id}`);
    toast('success', t('data.exported', { name: dataset.name, version: dataset.version }), {
      action: { text: t('data.exported.run'), run: () => void go(`/experiments/${experiment.id}/run`) },
    });
  } catch (error) {
    toastError(error);
  } finally {
    // The second click of a double click comes after a quick answer.
    setTimeout(() => exporting.delete(dataset.id), 600);
  }
}

/** The menu entry that leads to the page Preprocess. `reason`: why nothing can be changed here, or ''. */
export function preprocessItem(dataset: Dataset, reason: string): MenuItem {
  const blocked = reason || notReady(dataset);
  return {
    text: t('data.preprocess'),
    icon: 'wand-sparkles',
    disabled: Boolean(blocked),
    note: blocked,
    run: () => void go(`/datasets/${dataset.id}/preprocess`),
  };
}

const editor = dialog<Dataset, Dataset>({
  title: 'data.edit',
  template: `<div class="dialog-body">
      ${field({ model: 'form.name', label: 'data.name', maxLength: 100, required: true, error: 'wrong()' })}
      ${field({ model: 'form.description', label: 'data.description', type: 'textarea', maxLength: 2000, optional: true })}
      ${visibilityChoice('form.visibility')}
      <div x-problem="problem"></div></div>
    ${dialogFoot('action.save', { busy: 'busy' })}`,
  component: (dataset, done) =>
    component({
      form: { name: dataset.name, description: dataset.description, visibility: dataset.visibility },
      busy: false,
      tried: false,
      problem: null as unknown,
      wrong() {
        return this.tried && !this.form.name.trim() ? t('new.name.need') : '';
      },
      dirty() {
        return this.form.name !== dataset.name || this.form.description !== dataset.description || this.form.visibility !== dataset.visibility;
      },
      async submit() {
        this.tried = true;
        if (!this.form.name.trim()) return;
        this.busy = true;
        this.problem = null;
        try {
          done(await api.patch<Dataset>(`/api/datasets/${dataset.id}`, { ...this.form, name: this.form.name.trim() }));
        } catch (error) {
          this.problem = error;
        } finally {
          this.busy = false;
        }
      },
    }),
});

export async function editDataset(dataset: Dataset): Promise<Dataset | undefined> {
  const changed = await openDialog(editor, dataset);
  if (changed) toast('success', t('data.saved'));
  return changed;
}

/** Makes one that has failed of its upload once more. `reason`: why nothing can be changed here, or ''. */
export function tryAgainItem(dataset: Dataset, reason: string): MenuItem[] {
  if (dataset.status !== 'failed') return [];
  return [{ text: t('data.tryAgain'), icon: 'refresh-cw', disabled: Boolean(reason), note: reason, run: () => void tryAgain(dataset).catch(toastError) }];
}

export function tryAgain({ id }: Dataset): Promise<Dataset> {
  return api.post<Dataset>(`/api/datasets/${id}/again`);
}

/** True: it is gone. */
export async function deleteDataset(dataset: Dataset): Promise<boolean> {
  if (dataset.status === 'failed') return deleteFailed(dataset);
  const sure = await confirm(() => ({
    title: t('data.delete.title', { name: dataset.name, version: dataset.version }),
    text: t('data.delete.text'),
    points: [
      t(dataset.table ? 'data.delete.rows' : 'data.delete.pictures', { n: dataset.count, size: format.bytes(dataset.sizeBytes) }),
      ...(dataset.labelledCount && !dataset.table ? [t('data.delete.labels', { n: dataset.labelledCount })] : []),
    ],
    ok: t('action.delete'),
    danger: true,
  }));
  if (!sure) return false;
  try {
    try {
      await api.remove(`/api/datasets/${dataset.id}`);
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 'trash_disk_full')) throw error;
      if (!(await confirm(() => ({ title: error.message, text: t('data.delete.forGood'), ok: t('data.delete.forGood.ok'), danger: true })))) return false;
      await api.remove(`/api/datasets/${dataset.id}?forGood=true`);
      toast('success', t('data.delete.gone'));
      return true;
    }
    toast('success', t('data.deleted'), {
      action: { text: t('data.deleted.undo'), run: () => void api.post(`/api/trash/${dataset.id}/restore`).catch(toastError) },
    });
    return true;
  } catch (error) {
    toastError(error);
    return false;
  }
}

/** Of one that has failed there is its upload alone, and no trash for it. */
async function deleteFailed({ id, name, version, sizeBytes }: Dataset): Promise<boolean> {
  const sure = await confirm(() => ({
    title: t('data.delete.title', { name, version }),
    text: t('data.delete.upload', { size: format.bytes(sizeBytes) }),
    ok: t('data.delete.forGood.ok'),
    danger: true,
  }));
  if (!sure) return false;
  try {
    await api.remove(`/api/datasets/${id}`);
    toast('success', t('data.delete.gone'));
    return true;
  } catch (error) {
    toastError(error);
    return false;
  }
}

/** Add Label in the More menu: only of datasets without labels, as the manual has it. `reason`: why nothing at all can be done with it, or ''. */
export function addLabelItem(dataset: Dataset, reason: string, project: Project | null): MenuItem[] {
  if (!project || dataset.labelledCount || dataset.status !== 'ready') return [];
  const note = reason || (dataset.type === 'image' ? '' : t('assign.tabular'));
  return [{ text: t('assign.add'), icon: 'tags', disabled: Boolean(note), note, run: () => void addLabelTo(dataset, project) }];
}

/** Divides the pictures among people, and offers the way to the work screen. */
export async function addLabelTo(dataset: Dataset, project: Project): Promise<void> {
  try {
    const { addLabel } = await import('./annotation-assign.ts');
    const task = await addLabel(dataset, project);
    if (task) toast('success', t('assign.done'), { action: { text: t('assign.open'), run: () => void go(`/annotations/${task.id}`) } });
  } catch (error) {
    toastError(error);
  }
}
