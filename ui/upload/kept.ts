/**
 * Finished uploads of a page that nothing has taken yet. What fails after the upload must not cost it again: the same files are not sent twice, and what is
 * not used is thrown away when the page is left.
 */

import { ApiError, csrfHeaders } from '../api.ts';
import type { Said } from '../i18n/language.ts';
import { type ShownUpload, sendShown } from './shown.ts';

/** Throws an upload away, also while the page is being left. */
export function discardUpload(id: string): void {
  void fetch(`/api/uploads/${id}`, { method: 'DELETE', keepalive: true, headers: { 'tus-resumable': '1.0.0', ...csrfHeaders() } }).catch(() => {});
}

export class KeptUploads {
  readonly #kept = new Map<string, { mark: string; id: string }>();

  /** As sendShown. `slot`: what it is for; other files for the same take the place of those before. */
  async send(slot: string, shown: ShownUpload, file: { body: Blob; name: string; mark: string }, title: Said, signal: AbortSignal): Promise<string> {
    const before = this.#kept.get(slot);
    if (before?.mark === file.mark) return before.id;
    this.#drop(slot);
    signal.throwIfAborted();
    // Ended with its own sending: what is cancelled later throws away only what is on its way then.
    const sending = new AbortController();
    const cancel = () => sending.abort();
    signal.addEventListener('abort', cancel);
    try {
      const id = await sendShown(shown, file, title, sending.signal);
      this.#kept.set(slot, { mark: file.mark, id });
      return id;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  /** These are somebody's now, and no longer the page's. */
  used(...slots: string[]): void {
    for (const slot of slots) this.#kept.delete(slot);
  }

  /** A request that should have taken them has failed. Those that the daemon does not have any more are sent again next time. */
  failed(error: unknown): void {
    if (error instanceof ApiError && error.code === 'upload_missing') this.#kept.clear();
  }

  /** The page is left. */
  forget(): void {
    for (const slot of [...this.#kept.keys()]) this.#drop(slot);
  }

  #drop(slot: string): void {
    const kept = this.#kept.get(slot);
    this.#kept.delete(slot);
    if (kept) discardUpload(kept.id);
  }
}
