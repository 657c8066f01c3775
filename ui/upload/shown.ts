/** An upload that a page shows with sendingView and that a person can cancel. */
import { confirm } from '../components/confirm.ts';
import { toast } from '../components/toast.ts';
import { effect } from '../effect.ts';
import { type Said, t } from '../i18n/language.ts';
import { type Sent, send } from './send.ts';

const DOUBLE_CLICK_MS = 600;

export interface ShownUpload {
  sending: (Sent & { title: Said }) | null;
  cancelling: AbortController | null;
  /** When the button that started it was pressed. */
  startedAt: number;
}

/** Gives the upload's id. Throws what send() throws. */
export function sendShown(
  shown: ShownUpload,
  { body, name, mark }: { body: Blob; name: string; mark: string },
  title: Said,
  signal: AbortSignal,
): Promise<string> {
  shown.sending = { title, sent: 0, total: body.size, rate: null, remainingSeconds: null, waiting: false };
  return send(body, name, {
    signal,
    mark,
    onSent: (sent) => {
      shown.sending = { ...sent, title: sent.total && sent.sent >= sent.total ? { key: 'upload.finishing' } : title };
    },
  });
}

export async function askToCancel(shown: ShownUpload): Promise<void> {
  // This button has taken the place of the one that started: the second click of a double click is not meant for it.
  if (Date.now() - shown.startedAt < DOUBLE_CLICK_MS || !shown.cancelling) return;
  // It has ended meanwhile, in one way or another; the page may be gone, too.
  const over = new AbortController();
  const followed = effect(() => {
    if (!shown.cancelling) over.abort();
  });
  const ask = () => ({ title: t('new.cancel.title'), text: t('new.cancel.text'), ok: t('new.cancel.ok'), stay: t('new.cancel.stay'), danger: true });
  const sure = await confirm(ask, over.signal);
  followed();
  if (!sure || !shown.cancelling) return;
  shown.cancelling.abort();
  toast('info', t('new.cancelled'));
}
