/** Runs something again whenever the reactive values that it read change; the answer ends it. */
import Alpine from './vendor/alpine.js';

export function effect(run: () => void): () => void {
  const runner = Alpine.effect(run);
  return () => Alpine.release(runner);
}
