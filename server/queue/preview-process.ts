/** The daemon's side of the preview process: started with the first question, ended after a time without one. */
import { type ChildProcess, fork } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StudioError } from '../errors.ts';
import type { Answer, Question, QuestionName, Questions } from '../jobs/preview/protocol.ts';

const PROGRAM = resolve(dirname(fileURLToPath(import.meta.url)), '../preview.js');
const HEAP_MB = 256;
/** After which a question is given up and the process with it: it may hang. Long, since others may stand before it and trainings may have the cores. */
const PATIENCE_MS = 60_000;
const IDLE_MS = 120_000;

interface Pending {
  done(answer: unknown): void;
  fail(error: Error): void;
  timer: NodeJS.Timeout;
}

export class PreviewProcess {
  readonly #pending = new Map<number, Pending>();
  #child: ChildProcess | null = null;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;

  /** Throws what the question throws, and preview_failed where the process did not come to an answer. */
  ask<K extends QuestionName>(name: K, ask: Questions[K]['ask']): Promise<Questions[K]['answer']> {
    return new Promise((done, fail) => {
      const child = this.#running();
      const id = ++this.#lastId;
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
      this.#pending.set(id, { done: (answer) => done(answer as Questions[K]['answer']), fail, timer });
      child.send({ id, name, ask } satisfies Question<K>, (error) => {
        if (error !== null) this.#settle({ id, broken: error.message });
      });
    });
  }

  close(): void {
    this.#child?.kill('SIGKILL');
  }

  #running(): ChildProcess {
    clearTimeout(this.#idle);
    if (this.#child !== null) return this.#child;
    const child = fork(PROGRAM, [], {
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.on('message', (answer) => this.#settle(answer as Answer));
    child.on('error', () => {});
    child.once('close', (code, signal) => {
      if (this.#child !== child) return;
      this.#child = null;
      for (const id of [...this.#pending.keys()]) this.#settle({ id, broken: `the preview process ended (${signal ?? code})` });
    });
    this.#child = child;
    return child;
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.id);
    if (pending === undefined) return;
    this.#pending.delete(answer.id);
    clearTimeout(pending.timer);
    if ('answer' in answer) pending.done(answer.answer);
    else if ('error' in answer) pending.fail(new StudioError(answer.error.code, answer.error.params, answer.error.details));
    else pending.fail(new StudioError('preview_failed', {}, answer.broken));
    if (this.#pending.size === 0) {
      this.#idle = setTimeout(() => {
        const child = this.#child;
        this.#child = null;
        if (child?.connected) child.disconnect();
      }, IDLE_MS);
      this.#idle.unref();
    }
  }
}
