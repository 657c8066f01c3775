/** Everything that a worker can do. Loaded when it is needed: a process that reads untrusted files does not carry the runtime for models with it. */
import type { Job } from './job.ts';
import type { JobSpec } from './protocol.ts';

export const jobs: { [Kind in JobSpec['kind']]: Job<Extract<JobSpec, { kind: Kind }>> } = {
  ingest: async (spec, host) => (await import('./ingest.ts')).ingest(spec, host),
  labels: async (spec, host) => (await import('./labels.ts')).labels(spec, host),
  sample: async (spec, host) => (await import('./sample.ts')).sample(spec, host),
  table_preview: async (spec, host) => (await import('./tables/preview.ts')).preview(spec, host),
  table: async (spec, host) => (await import('./tables/ingest.ts')).ingestTable(spec, host),
  preprocess: async (spec, host) =>
    spec.type === 'tabular' ? (await import('./tables/preprocess.ts')).preprocessTable(spec, host) : (await import('./preprocess.ts')).preprocess(spec, host),
  train: async (spec, host) => (await import('./train.ts')).train(spec, host),
  preflight: async (spec, host) => (await import('./preflight.ts')).preflight(spec, host),
  weights: async (spec, host) => (await import('./weights.ts')).importWeights(spec, host),
  infer: async (spec, host) => (await import('./infer.ts')).infer(spec, host),
  annotate: async (spec, host) => (await import('./annotate.ts')).annotate(spec, host),
  merge: async (spec, host) => (await import('./merge.ts')).merge(spec, host),
};

/** Does the job that the spec asks for. */
export function runJob(spec: JobSpec, host: Parameters<Job<JobSpec>>[1]): ReturnType<Job<JobSpec>> {
  // The table pairs each kind with its own spec; TypeScript cannot carry that pairing through an index by a union.
  return (jobs[spec.kind] as Job<JobSpec>)(spec, host);
}
