/** What can be done with an experiment: offered by the list, the Run page and the details, each as its state allows. */
import type { Experiment, ExperimentAction } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { confirm } from '../components/confirm.ts';
import { openDialog } from '../components/dialog.ts';
import { download } from '../components/download.ts';
import type { MenuItem } from '../components/menu.ts';
import { nameDialog } from '../components/name-dialog.ts';
import { toast, toastError } from '../components/toast.ts';
import { t } from '../i18n/language.ts';
import { templateMode } from '../live/template.ts';
import { go } from '../router.ts';
import { registerModel, saveTemplate } from './keep-experiment.ts';

export function displayName(experiment: Experiment): string {
  return experiment.name || t('exp.draftName', { id: String(experiment.id) });
}

export function isActive(experiment: Experiment): boolean {
  return experiment.status === 'running' || experiment.status === 'pending';
}

/** Where its Details lead: what runs is followed on the Run page, a search has one page for all its life. */
export function detailsAddress(experiment: Experiment): string {
  if (experiment.mode === 'hpo') return `/experiments/${experiment.id}/hpo`;
  return experiment.status === 'draft' || isActive(experiment) ? `/experiments/${experiment.id}/run` : `/experiments/${experiment.id}`;
}

export function inferenceAddress(experiment: Experiment): string {
  return `/projects/${experiment.projectId}/inference?experiment=${experiment.id}`;
}

export function modelAddress(experiment: Experiment): string {
  return `/api/experiments/${experiment.id}/model.onnx`;
}

const renaming = nameDialog<Experiment, Experiment>({
  title: 'exp.rename.title',
  label: 'exp.rename.new',
  need: 'exp.rename.need',
  start: (experiment) => experiment.name,
  facts: { where: 'above', of: (experiment) => [{ name: 'exp.rename.now', value: experiment.name }] },
  save: (experiment, name) => api.patch<Experiment>(`/api/experiments/${experiment.id}`, { name }),
});

export async function renameExperiment(experiment: Experiment): Promise<void> {
  if (await openDialog(renaming, experiment)) toast('success', t('exp.renamed'));
}

/** True: the request to stop was taken; the state follows by itself. */
export async function stopExperiment(experiment: Experiment): Promise<boolean> {
  const sure = await confirm(() => ({
    title: t('exp.stop.title'),
    text: experiment.status === 'pending' ? t('exp.stop.pending') : t('exp.stop.text'),
    ok: t('exp.stop.ok'),
    danger: true,
  }));
  if (!sure) return false;
  try {
    await api.post(`/api/experiments/${experiment.id}/stop`);
    return true;
  } catch (error) {
    toastError(error);
    return false;
  }
}

export async function deleteExperiment(experiment: Experiment): Promise<boolean> {
  const sure = await confirm(() => ({
    title: t('exp.delete.title', { name: displayName(experiment) }),
    text: t('exp.delete.text'),
    points: experiment.status === 'draft' ? [t('exp.delete.draft')] : [...(experiment.usable ? [t('exp.delete.model')] : []), t('exp.delete.results')],
    ok: t('action.delete'),
    danger: true,
  }));
  if (!sure) return false;
  try {
    await api.remove(`/api/experiments/${experiment.id}`);
    toast('success', t('exp.deleted'));
    return true;
  } catch (error) {
    toastError(error);
    return false;
  }
}

export function downloadModel(experiment: Experiment): void {
  download(modelAddress(experiment));
}

/** The More menu, holding exactly what the state allows. `reason` (why nothing may be changed here) disables what changes something. */
export function experimentMenu(experiment: Experiment, reason: string, after: { deleted?(): void } = {}): MenuItem[] {
  const locked = reason ? { disabled: true, note: reason } : {};
  const items: MenuItem[] = [];
  const may = (action: ExperimentAction) => experiment.actions.includes(action);
  const { id } = experiment;
  // In template mode everything is set already, so that a draft can only be run.
  if (may('run') && templateMode.template) {
    return [{ text: t('exp.menu.run'), icon: 'play', note: templateMode.template.name, run: () => void go(`/experiments/${id}/run`), ...locked }];
  }
  if (may('run')) items.push({ text: t('exp.menu.run'), icon: 'play', run: () => void go(`/experiments/${id}/run`), ...locked });
  if (may('hpo')) items.push({ text: t('exp.menu.hpo'), icon: 'sliders-horizontal', run: () => void go(`/experiments/${id}/hpo`), ...locked });
  if (may('automl')) items.push({ text: t('exp.menu.automl'), icon: 'sparkles', run: () => void go(`/experiments/${id}/automl`), ...locked });
  if (isActive(experiment)) items.push({ text: t('exp.menu.follow'), icon: 'chart-line', run: () => void go(detailsAddress(experiment)) });
  if (experiment.automlGroup !== null) {
    items.push({ text: t('exp.menu.leaderboard'), icon: 'trophy', run: () => void go(`/experiments/${id}/automl`) });
  }
  if (may('infer') && experiment.usable) {
    items.push({ text: t('exp.menu.inference'), icon: 'scan-search', run: () => void go(inferenceAddress(experiment)), ...locked });
  }
  if (may('template') && experiment.usable) {
    items.push({ text: t('exp.menu.template'), icon: 'workflow', run: () => void saveTemplate(experiment), ...locked });
  }
  if (may('register') && experiment.usable) {
    items.push({ text: t('exp.menu.register'), icon: 'package', run: () => void registerModel(experiment), ...locked });
  }
  if (experiment.usable) items.push({ text: t('exp.menu.download'), icon: 'download', run: () => downloadModel(experiment) });
  if (may('rename')) items.push({ text: t('exp.menu.rename'), icon: 'pencil', run: () => void renameExperiment(experiment), ...locked });
  if (may('stop')) {
    items.push({
      text: t('exp.menu.stop'),
      icon: 'circle-stop',
      danger: true,
      separated: items.length > 1,
      run: () => void stopExperiment(experiment),
      ...locked,
    });
  }
  if (may('delete')) {
    items.push({
      text: t('action.delete'),
      icon: 'trash-2',
      danger: true,
      separated: true,
      run: async () => {
        if (await deleteExperiment(experiment)) after.deleted?.();
      },
      ...locked,
    });
  }
  return items;
}
