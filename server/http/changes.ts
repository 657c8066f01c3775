/** What is told of records that change. Types alone: see schemas.ts for the records. */
import type { AnnotationTask } from './annotation-schemas.ts';
import type { ModelEntry, Template } from './library-schemas.ts';
import type { Dataset, Experiment, Inference, Job, Notification, Project } from './schemas.ts';

/**
 * Messages of GET /api/events (Server-Sent Events). `change` carries the record as the matching GET would give it, or null where it was deleted.
 * With ?job=ID the job's events come too, as `job` messages with the SSE id `SEQ`: first those after ?after=SEQ (or Last-Event-ID), then live.
 */
export interface Changes {
  project: Project;
  dataset: Dataset;
  experiment: Experiment;
  inference: Inference;
  job: Job;
  notification: Notification;
  template: Template;
  model: ModelEntry;
  annotation: AnnotationTask;
}
export type ChangeMessage = { [K in keyof Changes]: { kind: K; id: number; projectId: number | null; record: Changes[K] | null } }[keyof Changes];
