/** The record of a job that is over. */
import type { Job } from '../../server/http/schemas.ts';
import { ApiError, api } from '../api.ts';

const TRIES = 20;
const WAIT_MS = 250;

/** It may end a moment after what it was making has gone. null: nobody knows it any more. Throws where the daemon could not be asked. */
export async function endedJob(jobId: number, signal: AbortSignal): Promise<Job | null> {
  for (let tries = 0; ; tries++) {
    try {
      const job = await api.get<Job>(`/api/jobs/${jobId}`, undefined, signal);
      if (tries >= TRIES || (job.state !== 'running' && job.state !== 'pending')) return job;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      if (signal.aborted || tries >= TRIES) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
}
