/**
 * Sends one file to the daemon in pieces (tus): a lost connection is waited for and the upload goes on where it stopped; the same files chosen
 * again after a closed tab go on too. Gives the id that the daemon knows the upload by.
 */
import type * as Tus from 'tus-js-client';
import { ApiError, csrfHeaders } from '../api.ts';
import { t } from '../i18n/language.ts';
import { vendor } from '../script.ts';
import { renewSession } from '../session.ts';

export interface Sent {
  sent: number;
  total: number;
  /** Bytes a second; null until it is known. */
  rate: number | null;
  remainingSeconds: number | null;
  /** The connection is lost; it goes on by itself. */
  waiting: boolean;
}

const CHUNK = 8 * 1024 * 1024;
const RATE_WINDOW_MS = 8000;
/** Two minutes of patience, then the person decides; they can press Start again and it goes on where it was. */
const RETRY_DELAYS = [500, 1000, 2000, 4000, 8000, 10000, 10000, 10000, 15000, 15000, 20000, 20000];

/** So long the upload that was cancelled last is waited for. */
const CANCEL_MS = 5000;
let cancelled: Promise<void> = Promise.resolve();

/** How fast it went in the last seconds, from marks of time and bytes. */
export class Pace {
  #marks: { at: number; sent: number }[] = [];
  mark(at: number, sent: number): number | null {
    this.#marks.push({ at, sent });
    while (this.#marks.length > 2 && at - (this.#marks[0]?.at ?? at) > RATE_WINDOW_MS) this.#marks.shift();
    const first = this.#marks[0];
    if (!first || at - first.at < 500) return null;
    return Math.max(0, ((sent - first.sent) / (at - first.at)) * 1000);
  }
  reset(): void {
    this.#marks = [];
  }
}

function problem(error: Error): ApiError {
  const response = (error as Partial<Tus.DetailedError>).originalResponse;
  if (!response) return new ApiError(0, { code: 'offline', message: t('upload.lost'), params: {}, details: error.message });
  try {
    const reply = JSON.parse(response.getBody()) as { code?: string; message?: string; details?: string };
    if (reply.message)
      return new ApiError(response.getStatus(), {
        code: reply.code ?? 'unknown',
        message: reply.message,
        params: {},
        ...(reply.details ? { details: reply.details } : {}),
      });
  } catch {
    // Not JSON: something between the browser and the daemon answered.
  }
  return new ApiError(response.getStatus(), { code: 'unexpected', message: t('upload.refused'), params: {}, details: error.message });
}

const CLAIM = 'ai-studio.sending.';
/** Longer than the longest pause between two attempts. */
const CLAIM_MS = 40_000;
const RENEW_MS = 2000;

/**
 * Tells the browser's other tabs that an upload is under way: the same files chosen there must not go on with it, or two would write one upload.
 * A tab that is closed gives its claim up; that of one that crashed runs out. (navigator.locks needs HTTPS.)
 */
class Claim {
  #key = '';
  #at = 0;
  readonly #giveUp = () => this.end();
  renew(url: string | null): void {
    const now = Date.now();
    if (!url || now - this.#at < RENEW_MS) return;
    if (!this.#key) addEventListener('pagehide', this.#giveUp);
    this.#key = CLAIM + url;
    this.#at = now;
    try {
      localStorage.setItem(this.#key, String(now));
    } catch {
      // Without storage nothing is gone on with either.
    }
  }
  end(): void {
    if (this.#key) localStorage.removeItem(this.#key);
    this.#key = '';
    this.#at = 0;
    removeEventListener('pagehide', this.#giveUp);
  }
}

function isClaimed(url: string): boolean {
  return Date.now() - Number(localStorage.getItem(CLAIM + url) ?? 0) < CLAIM_MS;
}

export interface SendOptions {
  signal: AbortSignal;
  /** By what these bytes are known again, so that an earlier upload of them goes on. */
  mark: string;
  onSent(sent: Sent): void;
}

export async function send(body: Blob, name: string, options: SendOptions): Promise<string> {
  const tus = await vendor<typeof Tus>('tus.js', 'tus');
  options.signal.throwIfAborted();
  const claim = new Claim();
  const pace = new Pace();
  let anothers = false;
  return new Promise<string>((resolve, reject) => {
    let last: Sent = { sent: 0, total: body.size, rate: null, remainingSeconds: null, waiting: false };
    const tell = (next: Sent) => {
      last = next;
      claim.renew(upload.url);
      options.onSent(next);
    };
    const upload = new tus.Upload(body, {
      endpoint: '/api/uploads',
      chunkSize: CHUNK,
      retryDelays: RETRY_DELAYS,
      metadata: { filename: name, filetype: body.type || 'application/octet-stream' },
      headers: csrfHeaders(),
      fingerprint: () => Promise.resolve(`ai-studio-${options.mark}`),
      storeFingerprintForResuming: true,
      removeFingerprintOnSuccess: true,
      onShouldRetry: (error) => {
        const { status, code } = problem(error);
        const stale = code === 'stale_page' && !anothers;
        if (stale)
          void renewSession().then((same) => {
            anothers = !same;
            upload.options.headers = csrfHeaders();
          });
        const again = stale || status === 0 || status >= 500 || status === 409 || status === 423 || status === 429;
        if (again) {
          pace.reset();
          tell({ ...last, rate: null, remainingSeconds: null, waiting: true });
        }
        return again;
      },
      onProgress: (sent, total) => {
        const rate = pace.mark(performance.now(), sent);
        tell({ sent, total, rate, remainingSeconds: rate ? (total - sent) / rate : null, waiting: false });
      },
      onSuccess: () => {
        claim.end();
        const id = upload.url?.split('/').pop();
        if (id) resolve(id);
        else reject(problem(new Error('the upload has no address')));
      },
      onError: (error) => {
        claim.end();
        reject(problem(error));
      },
    });
    options.signal.addEventListener('abort', () => {
      claim.end();
      // Cancelled: what was sent so far is thrown away at the daemon too.
      cancelled = Promise.race([upload.abort(true).catch(() => {}), new Promise<void>((late) => setTimeout(late, CANCEL_MS))]);
      reject(new DOMException('cancelled', 'AbortError'));
    });
    // One that is just being thrown away must not be gone on with.
    cancelled
      .then(() => upload.findPreviousUploads())
      .catch(() => [])
      .then((earlier) => {
        if (options.signal.aborted) return;
        const latest = earlier.findLast(({ uploadUrl }) => uploadUrl && !isClaimed(uploadUrl));
        if (latest) upload.resumeFromPreviousUpload(latest);
        upload.start();
      });
  });
}
