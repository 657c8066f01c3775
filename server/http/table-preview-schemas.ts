/** A look at an uploaded table, on the wire. */
import { type Static, Type } from 'typebox';
import { Failure, Id, JobState, Nullable } from './schemas.ts';
import { TableFindings } from './table-schemas.ts';

/** It is a job: ask again until `state` is one of an ended job. */
export const TablePreview = Type.Object({ id: Id, state: JobState, failure: Nullable(Failure), result: Nullable(TableFindings) });
export type TablePreview = Static<typeof TablePreview>;
