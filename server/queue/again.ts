/** What failed for a reason that passes (a full disk, say) is done once more, and again, until it works: each time after twice as long. */

const PASSING: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EBUSY']);
const FIRST_MS = 5000;
const AT_LEAST_EVERY_MS = 60_000;

/** Whether the system refused it for a reason that may be gone later. */
export const mayPass = (error: unknown): boolean => PASSING.has((error as NodeJS.ErrnoException | undefined)?.code ?? '');

export class Again {
  readonly #log: (error: unknown, about: string) => void;
  readonly #firstMs: number;
  readonly #waiting = new Map<number, NodeJS.Timeout>();
  #closed = false;

  constructor(log: (error: unknown, about: string) => void, firstMs = FIRST_MS) {
    this.#log = log;
    this.#firstMs = firstMs;
  }

  /** Whether something of this id is still to be done. */
  has(id: number): boolean {
    return this.#waiting.has(id);
  }

  /** `work` rejects where it has to be done once more. It takes the place of what was still to be done of this id. */
  later(id: number, about: string, work: () => Promise<unknown>, wait = this.#firstMs): void {
    this.forget(id);
    if (this.#closed) return;
    const timer = setTimeout(() => {
      work().then(
        () => {
          if (this.#waiting.get(id) === timer) this.#waiting.delete(id);
        },
        (error: unknown) => {
          this.#log(error, about);
          if (this.#waiting.get(id) === timer) this.later(id, about, work, Math.min(2 * wait, AT_LEAST_EVERY_MS));
        },
      );
    }, wait).unref();
    this.#waiting.set(id, timer);
  }

  /** Nothing of this id is done any more. */
  forget(id: number): void {
    clearTimeout(this.#waiting.get(id));
    this.#waiting.delete(id);
  }

  close(): void {
    this.#closed = true;
    for (const id of [...this.#waiting.keys()]) this.forget(id);
  }
}
