/**
 * The live line to the daemon: one EventSource a tab, closed while the tab is hidden (a browser allows six connections to a server),
 * opened again by itself. Whoever shows records listens for their changes and reloads on a resync, because changes may have been missed.
 */
import type { AnnotationMessage } from '../../server/http/annotation-schemas.ts';
import type { ChangeMessage, Changes } from '../../server/http/changes.ts';
import type { JobEvent, Progress } from '../../server/http/schemas.ts';
import { ApiError, address, api } from '../api.ts';
import Alpine from '../vendor/alpine.js';

type Listener = (message: ChangeMessage) => void;
interface JobWatch {
  jobId: number;
  after: number;
  onEvent(event: JobEvent): void;
  onProgress?(progress: Progress): void;
}

/** `lost` shows the banner: the line has been down for some seconds. */
export const line = Alpine.reactive({ lost: false });

const listeners = new Set<Listener>();
const progressListeners = new Set<(jobId: number, progress: Progress) => void>();
const presetListeners = new Set<() => void>();
const resyncs = new Set<() => void>();
let watch: JobWatch | null = null;
let task: { id: number; onMessage(message: AnnotationMessage): void } | null = null;
let source: EventSource | null = null;
/** All that are not closed, in the order in which they were opened; `source` is the last. */
const lines: EventSource[] = [];
let wanted = false;
let missed = false;
let retry = 0;
let retryTimer = 0;
let lostTimer = 0;
let hideTimer = 0;
/** How long the first page waits for the line, in milliseconds. */
const FIRST_MS = 3000;
let listening: Promise<void> = Promise.resolve();
let heardFirst = () => {};

/** Resolves when the line first stands after a sign-in: what is asked for before could be out of date unheard. Where it takes long, all is loaded again later. */
export function lineStands(): Promise<void> {
  return listening;
}

function connected(): void {
  clearTimeout(lostTimer);
  lostTimer = 0;
  retry = 0;
  line.lost = false;
  heardFirst();
  if (missed) {
    missed = false;
    for (const run of [...resyncs]) run();
  }
}

function dropped(): void {
  missed = true;
  heardFirst();
  if (!lostTimer && !document.hidden) lostTimer = window.setTimeout(() => (line.lost = true), 3000);
}

function connect(): void {
  clearTimeout(retryTimer);
  const next = new EventSource(address('/api/events', { job: watch?.jobId, after: watch?.after, task: task?.id }));
  source = next;
  lines.push(next);
  // The old line stays until the new one stands, so that changing the watched job misses nothing.
  next.onopen = () => {
    closeOldest(lines.indexOf(next));
    if (source === next) connected();
  };
  next.onerror = () => {
    // The browser tries again by itself unless the daemon refused; we keep the pace in hand in both cases.
    if (source !== next) {
      next.close();
      lines.splice(lines.indexOf(next), 1);
      return;
    }
    closeOldest(lines.length);
    dropped();
    source = null;
    if (wanted) retryTimer = window.setTimeout(retried, Math.min(10000, 500 * 2 ** retry++));
  };
  next.addEventListener('change', (event) => {
    const message = JSON.parse((event as MessageEvent<string>).data) as ChangeMessage;
    for (const run of [...listeners]) run(message);
  });
  next.addEventListener('progress', (event) => {
    const { jobId, progress } = JSON.parse((event as MessageEvent<string>).data) as { jobId: number; progress: Progress };
    for (const run of [...progressListeners]) run(jobId, progress);
    if (watch?.jobId === jobId) watch.onProgress?.(progress);
  });
  next.addEventListener('presets', () => {
    for (const run of [...presetListeners]) run();
  });
  next.addEventListener('annotation', (event) => {
    if (source === next) task?.onMessage(JSON.parse((event as MessageEvent<string>).data) as AnnotationMessage);
  });
  next.addEventListener('job', (event) => {
    if (source !== next || !watch) return;
    const message = JSON.parse((event as MessageEvent<string>).data) as JobEvent;
    if (message.seq <= watch.after) return;
    watch.after = message.seq;
    watch.onEvent(message);
  });
}

/** The oldest `count` lines. */
function closeOldest(count: number): void {
  for (const old of lines.splice(0, count)) old.close();
}

/** What is watched may have been deleted meanwhile: a line for it is refused, and all else that is told would be missed with it. */
async function forgetGone(): Promise<void> {
  const [job, at] = [watch, task];
  const gone = (address: string) =>
    api.get(address).then(
      () => false,
      (error) => error instanceof ApiError && error.status === 404,
    );
  if (job && (await gone(`/api/jobs/${job.jobId}`)) && watch === job) watch = null;
  if (at && (await gone(`/api/annotation/tasks/${at.id}`)) && task === at) task = null;
}

function retried(): void {
  // An ended session looks like a lost line to an EventSource; a plain request tells the two apart (401 leads to the sign-in).
  api
    .get('/api/session')
    .then(forgetGone)
    .then(
      () => wanted && !source && connect(),
      () => {
        if (wanted && !source) retryTimer = window.setTimeout(retried, Math.min(10000, 500 * 2 ** retry++));
      },
    );
}

function disconnect(): void {
  clearTimeout(retryTimer);
  clearTimeout(lostTimer);
  lostTimer = 0;
  closeOldest(lines.length);
  source = null;
}

/** Opens the line; called when somebody has signed in. */
export function startEvents(): void {
  if (wanted) return;
  wanted = true;
  listening = new Promise((resolve) => {
    const late = window.setTimeout(() => {
      missed = true;
      resolve();
    }, FIRST_MS);
    heardFirst = () => {
      clearTimeout(late);
      resolve();
    };
  });
  connect();
}

export function stopEvents(): void {
  wanted = false;
  line.lost = false;
  disconnect();
}

document.addEventListener('visibilitychange', () => {
  clearTimeout(hideTimer);
  if (document.hidden) {
    hideTimer = window.setTimeout(() => {
      if (!wanted || !document.hidden) return;
      missed = true;
      disconnect();
    }, 5000);
  } else if (wanted && !source) {
    retry = 0;
    connect();
  }
});
// A line that has stood while the network was gone may be dead without an error, or have lost what was said.
addEventListener('online', () => {
  if (!wanted) return;
  missed = true;
  retry = 0;
  connect();
});
// A page in the back/forward cache must not hold a connection.
addEventListener('pagehide', disconnect);
addEventListener('pageshow', (event) => {
  if (event.persisted && wanted) {
    missed = true;
    connect();
  }
});

/** Calls `run` for each change of a kind of record; `record` is null where it was deleted. */
export function onChange<K extends keyof Changes>(
  kind: K,
  where: { projectId?: number; signal: AbortSignal },
  run: (id: number, record: Changes[K] | null) => void,
): void {
  const listener: Listener = (message) => {
    if (message.kind !== kind) return;
    if (where.projectId !== undefined && message.projectId !== where.projectId) return;
    run(message.id, message.record as Changes[K] | null);
  };
  listeners.add(listener);
  where.signal.addEventListener('abort', () => listeners.delete(listener));
}

/** Asks for something, and gives what was heard of such records meanwhile: the answer may be older than that. */
export async function hearing<K extends keyof Changes, T>(
  kind: K,
  ask: () => Promise<T>,
): Promise<{ answer: T; heard: ReadonlyMap<number, Changes[K] | null> }> {
  const heard = new Map<number, Changes[K] | null>();
  const asked = new AbortController();
  onChange(kind, { signal: asked.signal }, (id, record) => heard.set(id, record));
  try {
    return { answer: await ask(), heard };
  } finally {
    asked.abort();
  }
}

/** For what is asked for again and again: gives null in place of an answer that the answer to a later question has overtaken. */
export function inTurn(): <T>(ask: () => Promise<T>) => Promise<T | null> {
  let asked = 0;
  let answered = 0;
  return async (ask) => {
    const mine = ++asked;
    const answer = await ask();
    if (mine < answered) return null;
    answered = mine;
    return answer;
  };
}

/** Calls `run` when the line stands again after a gap: load again what is shown. */
export function onResync(signal: AbortSignal, run: () => void): void {
  resyncs.add(run);
  signal.addEventListener('abort', () => resyncs.delete(run));
}

/** What a page stands on: where it could not be loaded, that is told and it is loaded again when the line is back. null: the page was left before. */
export async function loadStubbornly<T>(load: () => Promise<T>, signal: AbortSignal, failed: (problem: unknown) => void): Promise<T | null> {
  for (;;) {
    try {
      const loaded = await load();
      return signal.aborted ? null : loaded;
    } catch (error) {
      if (signal.aborted) return null;
      failed(error);
    }
    await new Promise<void>((back) => {
      const heard = new AbortController();
      signal.addEventListener('abort', () => heard.abort());
      onResync(heard.signal, () => {
        heard.abort();
        back();
      });
    });
  }
}

/** Calls `run` when the presets are other ones, and when they may be: a daemon that was started again may have read other ones. */
export function onPresets(signal: AbortSignal, run: () => void): void {
  presetListeners.add(run);
  signal.addEventListener('abort', () => presetListeners.delete(run));
  onResync(signal, run);
}

/** Progress of every job that this person may see. */
export function onProgress(signal: AbortSignal, run: (jobId: number, progress: Progress) => void): void {
  progressListeners.add(run);
  signal.addEventListener('abort', () => progressListeners.delete(run));
}

/**
 * The events of one job: those after `after` (0: all) are replayed in order, then they come live, across lost connections, each once.
 * One job can be watched at a time; a new watch ends the one before.
 */
export function watchJob(
  jobId: number,
  options: { signal: AbortSignal; after?: number; onEvent(event: JobEvent): void; onProgress?(progress: Progress): void },
): void {
  const mine: JobWatch = { jobId, after: options.after ?? 0, onEvent: options.onEvent, ...(options.onProgress ? { onProgress: options.onProgress } : {}) };
  watch = mine;
  if (wanted && !document.hidden) connect();
  options.signal.addEventListener('abort', () => {
    if (watch === mine) watch = null;
  });
}

/** What happens in one annotation task, live. After a gap (see onResync) look at the task anew. */
export function watchTask(id: number, options: { signal: AbortSignal; onMessage(message: AnnotationMessage): void }): void {
  const mine = { id, onMessage: options.onMessage };
  task = mine;
  if (wanted && !document.hidden) connect();
  options.signal.addEventListener('abort', () => {
    if (task === mine) task = null;
  });
}
