/**
 * What a kiosk has labelled and not yet sent: kept in this browser, sent one after another in the order of the labels, again under the same id until the
 * daemon has it. Each belongs to the person who gave it and waits for them where they are not signed in.
 */
import type { KioskSubmission } from '../../server/http/kiosk-schemas.ts';

export interface Kept {
  personId: number;
  personName: string;
  submission: KioskSubmission;
}

/** later: no line, or the daemon is busy. refused: it will never be taken. signedOut: whose it is has to sign in. */
export type Delivery = 'sent' | 'later' | 'refused' | 'signedOut';

export interface OutboxOptions {
  read(): string | null;
  write(text: string | null): void;
  send(submission: KioskSubmission): Promise<Delivery>;
  changed(): void;
  refused(submission: KioskSubmission): void;
  wait?(run: () => void, ms: number): void;
}

const RETRY_MS = [1000, 2000, 5000, 10_000];

export class Outbox {
  readonly #options: OutboxOptions;
  #kept: Kept[] = [];
  #personId: number | null = null;
  #sending = false;
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
  /** Whose labels wait here. */
  get owners(): string[] {
    return [...new Set(this.#kept.map((one) => one.personName))];
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

  /** Who is signed in now; null: nobody, nothing is sent. */
  person(id: number | null): void {
    this.#personId = id;
    this.#tries = 0;
    if (id !== null) void this.flush();
  }

  async flush(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (;;) {
        const next = this.#kept.find((one) => one.personId === this.#personId);
        if (!next) return;
        const how = await this.#options.send(next.submission);
        if (how === 'signedOut') return;
        if (how === 'later') {
          const again = RETRY_MS[Math.min(this.#tries++, RETRY_MS.length - 1)] as number;
          (this.#options.wait ?? ((run, ms) => void setTimeout(run, ms)))(() => void this.flush(), again);
          return;
        }
        this.#tries = 0;
        this.#kept = this.#kept.filter((one) => one !== next);
        this.#save();
        if (how === 'refused') this.#options.refused(next.submission);
      }
    } finally {
      this.#sending = false;
    }
  }
}
