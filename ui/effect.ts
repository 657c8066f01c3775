/** Runs something again whenever the reactive values that it read change; the answer ends it. */
import Alpine from './vendor/alpine.js';

export function effect(run: () => void): () => void {
  const runner = Alpine.effect(run);
  return () => Alpine.release(runner);
}

/** Begins with what `read` gives, and anew whenever that may have changed; the signal ends what was begun before. Nothing else that `begin` reads is followed. */
export function anew<T>(read: () => T, begin: (value: T, signal: AbortSignal) => void): void {
  let leaving = new AbortController();
  effect(() => {
    const value = read();
    leaving.abort();
    leaving = new AbortController();
    const { signal } = leaving;
    queueMicrotask(() => {
      if (!signal.aborted) begin(value, signal);
    });
  });
}
