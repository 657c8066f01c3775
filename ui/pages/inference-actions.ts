/** What can be done with an inference, from the list and from its own page. */
import type { Inference } from '../../server/http/schemas.ts';
import { api } from '../api.ts';
import { confirm } from '../components/confirm.ts';
import { toast, toastError } from '../components/toast.ts';
import { t } from '../i18n/language.ts';

/** True: it is gone. */
export async function deleteInference(inference: Inference): Promise<boolean> {
  const sure = await confirm(() => ({
    title: t('inf.delete.title', { id: String(inference.id) }),
    text: t('inf.delete.text'),
    points: [t('inf.delete.results', { n: inference.count }), ...(inference.report ? [t('inf.delete.pictures')] : [])],
    ok: t('action.delete'),
    danger: true,
  }));
  if (!sure) return false;
  try {
    await api.remove(`/api/inferences/${inference.id}`);
    toast('success', t('inf.deleted'));
    return true;
  } catch (error) {
    toastError(error);
    return false;
  }
}

/** True: the request to stop was taken. */
export async function stopInference(inference: Inference): Promise<boolean> {
  const sure = await confirm(() => ({ title: t('inf.stop.title'), text: t('inf.stop.text'), ok: t('inf.stop.ok'), danger: true }));
  if (!sure) return false;
  try {
    await api.post(`/api/inferences/${inference.id}/stop`);
    return true;
  } catch (error) {
    toastError(error);
    return false;
  }
}
