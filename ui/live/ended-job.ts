/** The record of a job that is over. */
import type { Job } from '../../server/http/schemas.ts';
import { api } from '../api.ts';

/** It may end a moment after what it was making has gone. null: nobody knows it any more. */
export async function endedJob(jobId: number, signal: AbortSignal): Promise<Job | null> {
  for (let tries = 0; ; tries++) {
    const job = await api.get<Job>(`/api/jobs/${jobId}`, undefined, signal).catch(() => null);
    if (!job || tries >= 20 || (job.state !== 'running' && job.state !== 'pending')) return job;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
