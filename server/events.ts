/** What happens inside the daemon, told to whoever listens: a bus with typed messages. It keeps nothing and is never a source of truth. */
import type { AnnotationMessage } from './http/annotation-schemas.ts';
import type { Changes } from './http/changes.ts';
import type { JobEvent, Progress } from './http/schemas.ts';

/** Who may learn of a change: the colleagues of a group (and administrators; annotators where it is said), or one person. */
export type Audience = { groupId: number; annotators?: true } | { userId: number };

export interface Events {
  /** A record was made, changed or deleted. Listeners fetch the record as their reader may see it. */
  change: { kind: keyof Changes; id: number; projectId: number | null; deleted: boolean; audience: Audience };
  progress: { jobId: number; progress: Progress; audience: Audience };
  jobEvent: { jobId: number; event: JobEvent };
  /** For those who look at that task. */
  annotation: AnnotationMessage;
  /** The presets, that every developer chooses from, are other ones now. */
  presetsChanged: { names: string[] };
  sessionEnded: { sessionId: number };
}

type Listener<K extends keyof Events> = (message: Events[K]) => void;

export class EventBus {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** Returns a function that ends the listening. */
  on<K extends keyof Events>(kind: K, listener: Listener<K>): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners);
    listeners.add(listener as Listener<never>);
    return () => listeners.delete(listener as Listener<never>);
  }

  /** A listener that throws disturbs neither the sender nor the others. */
  emit<K extends keyof Events>(kind: K, message: Events[K]): void {
    for (const listener of [...(this.#listeners.get(kind) ?? [])] as Listener<K>[]) {
      try {
        listener(message);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
