/**
 * What a kiosk has labelled and not yet sent: kept in this browser, sent one after another in the order of the labels, again under the same id until the
 * daemon has it. Each counts for the person who gave it, whoever is signed in by then, or nobody. Only what the daemon cannot tell any more whose it is
 * (after a day) waits until that person signs in.
 */
import type { KioskSubmission } from '../../server/http/kiosk-schemas.ts';

export interface Kept {
  personId: number;
  personName: string;
  submission: Omit<KioskSubmission, 'personId'>;
}

/** later: no line, or the daemon is busy. refused: it will never be taken. signedOut: whose it is has to sign in, or the station to be enrolled. */
export type Delivery = 'sent' | 'later' | 'refused' | 'signedOut';

export interface OutboxOptions {
  read(): string | null;
  write(text: string | null): void;
  send(kept: Kept): Promise<Delivery>;
  changed(): void;
  refused(kept: Kept): void;
  wait?(run: () => void, ms: number): void;
}

const RETRY_MS = [1000, 2000, 5000, 10_000];

export class Outbox {
  readonly #options: OutboxOptions;
  #kept: Kept[] = [];
  /** Those of #kept that only go out when their person is signed in. */
  readonly #waiting = new Set<Kept>();
  #personId: number | null = null;
  #busy = false;
  #sending: Promise<void> = Promise.resolve();
  #tries = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    try {
      this.#kept = JSON.parse(options.read() ?? '[]') as Kept[];
    } catch {
      this.#kept = [];
    }
  }

  get count(): number {
    return this.#kept.length;
  }
  /** Who has to sign in, so that their labels are sent. */
  get owners(): string[] {
    return [...new Set([...this.#waiting].map((one) => one.personName))];
  }
  has(taskId: number, n: number): boolean {
    return this.#kept.some(({ submission }) => submission.taskId === taskId && submission.n === n);
  }

  #save(): void {
    this.#options.write(this.#kept.length ? JSON.stringify(this.#kept) : null);
    this.#options.changed();
  }

  add(one: Kept): void {
    this.#kept.push(one);
    this.#save();
    void this.flush();
  }

  /** Who is signed in now; null: nobody. */
  person(id: number | null): void {
    this.#personId = id;
    this.#tries = 0;
    void this.flush();
  }

  /** Resolves when nothing is left that can be sent now. */
  flush(): Promise<void> {
    if (!this.#busy) {
      this.#busy = true;
      this.#sending = this.#send();
    }
    return this.#sending;
  }

  async #send(): Promise<void> {
    const tried = new Set<Kept>();
    try {
      for (;;) {
        const next = this.#kept.find((one) => !tried.has(one) && (one.personId === this.#personId || !this.#waiting.has(one)));
        if (!next) return;
        const how = await this.#options.send(next);
        if (how === 'signedOut') {
          tried.add(next);
          this.#waiting.add(next);
          this.#options.changed();
          continue;
        }
        if (how === 'later') {
          const again = RETRY_MS[Math.min(this.#tries++, RETRY_MS.length - 1)] as number;
          (this.#options.wait ?? ((run, ms) => void setTimeout(run, ms)))(() => void this.flush(), again);
          return;
        }
        this.#tries = 0;
        this.#waiting.delete(next);
        this.#kept = this.#kept.filter((one) => one !== next);
        this.#save();
        if (how === 'refused') this.#options.refused(next);
      }
    } finally {
      this.#busy = false;
    }
  }
}
