/**
 * The queue. Jobs with a preset (trainings) start in their order when their share of the box is free; light jobs run in slots of their own beside
 * them, of which one is kept for the quick. Every state is on the disk before anyone is told, so a restart goes on with what was waiting and resumes what was running.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { failureOf, StudioError } from '../errors.ts';
import type { Audience, EventBus } from '../events.ts';
import type { Job, JobEvent, JobKind } from '../http/schemas.ts';
import type { NewEvent } from '../jobs/journal.ts';
import type { Collection } from '../store/collection.ts';
import { syncFolder } from '../store/durable.ts';
import { bootId } from '../store/lock.ts';
import { Again, mayPass } from './again.ts';
import type { Allocation, Need } from './allocation.ts';
import type { Cgroups } from './cgroups.ts';
import type { Devices } from './devices.ts';
import type { GpuWatchdog } from './gpu-watchdog.ts';
import { addEvent, endIn, readEvents } from './job-log.ts';
import { type JobRules, PACE, type RulesTable, type StoredJob, USES_IDLE_CORES } from './jobs.ts';
import { endLeftover } from './launcher.ts';
import { RunningJobs } from './running-jobs.ts';
import { TakeOvers } from './take-over.ts';
import type { Waiting } from './waiting.ts';
import { WaitingJobs } from './waiting-jobs.ts';

export interface NewJob {
  kind: JobKind;
  title: string;
  projectId: number;
  ownerId: number;
  subjectId: number;
  trial?: StoredJob['trial'];
  /** Of a light job that wants more than the usual core and memory. It gets the memory where it is free just then, and the usual one otherwise. */
  wish?: { cores: number; memoryMb: number };
  /** null: a light job. */
  preset: { name: string; need: Need } | null;
}

export interface QueueOptions {
  jobs: Collection<StoredJob>;
  /** DATA/jobs */
  dir: string;
  /** DATA/cache */
  cache: string;
  settings: Config['queue'];
  allocation: Allocation;
  devices: Pick<Devices, 'choose'>;
  events: EventBus;
  audience(projectId: number): Audience;
  /** Where the kernel holds the shares; null: the workers hold themselves. */
  cgroups: Cgroups | null;
  gpuWatchdog: GpuWatchdog;
  log(error: unknown, about: string): void;
  /** When a job that was launched is taken for steady, and when what a full disk has refused is tried again, in ms. */
  steadyMs?: number;
  againMs?: number;
}

export class Queue {
  readonly #options: QueueOptions;
  readonly #jobs: Collection<StoredJob>;
  /** What the trainings that wait or run ask for, by job. */
  readonly #needs = new Map<number, Need>();
  readonly #waiting: WaitingJobs;
  readonly #running: RunningJobs;
  /** Jobs whose workers are gone. */
  readonly #takeOvers: TakeOvers;
  /** Jobs that could not be taken up at the start, for a reason that passes. */
  readonly #unready: Again;
  #boot = '';
  #rules: RulesTable | null = null;
  #closing = false;
  #open = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#jobs = options.jobs;
    const { jobs, allocation, settings, log, againMs } = options;
    const folder = (id: number) => this.folder(id);
    const rulesOf = (kind: JobKind) => this.#rulesOf(kind);
    const tell = (id: number, event: NewEvent) => this.#tell(id, event);
    const changed = (job: Readonly<StoredJob>) => this.#changed(job);
    this.#unready = new Again(log, againMs);
    this.#takeOvers = new TakeOvers({ jobs, folder, rulesOf, tell, ended: changed, log, ...(againMs === undefined ? {} : { againMs }) });
    this.#waiting = new WaitingJobs({ jobs, allocation, lightSlots: settings.light_slots, needs: this.#needs, isFree: (id) => this.#isFree(id), changed });
    this.#running = new RunningJobs({
      ...options,
      takeOvers: this.#takeOvers,
      needs: this.#needs,
      folder,
      rulesOf,
      boot: () => this.#boot,
      tell,
      changed,
      freed: () => this.#schedule(),
    });
  }

  // ---------------------------------------------------------------- jobs

  get(id: number): Readonly<StoredJob> | undefined {
    return this.#jobs.get(id);
  }

  filter(test: (job: Readonly<StoredJob>) => boolean): Readonly<StoredJob>[] {
    return this.#jobs.filter(test);
  }

  /** Jobs that wait or run; one whose worker is done and whose results are being taken over counts no more. */
  countActive(projectId: number): number {
    return this.#jobs.filter((job) => job.projectId === projectId && isActive(job) && !this.#takeOvers.has(job.id)).length;
  }

  /** Does it wait or run, or is what it made being taken over, or to be when there is room on the disk? */
  isAtWork(id: number): boolean {
    return this.#running.has(id) || this.#takeOvers.has(id) || this.#unready.has(id) || this.#jobs.get(id)?.state === 'pending';
  }

  folder(id: number): string {
    return join(this.#options.dir, String(id));
  }

  /** The parts of a job that only the queue knows. */
  live(job: Readonly<StoredJob>): Pick<Job, 'progress' | 'waiting'> {
    return { progress: this.#running.progressOf(job.id), waiting: job.state === 'pending' ? this.#waiting.waiting(job) : null };
  }

  /** Where a training that asks for `need` would stand if it came now, and how many run. */
  outlook(need: Need): Waiting & { now: boolean; running: number } {
    return { ...this.#waiting.outlook(need), running: this.#running.jobs().filter(({ resources }) => resources.preset !== null).length };
  }

  /** What has happened in a job, after the event `after`. */
  async *events(id: number, after = 0): AsyncGenerator<JobEvent> {
    for await (const event of readEvents(this.folder(id))) {
      if (event.seq > after) yield event;
    }
  }

  /**
   * Puts a job into the queue. `prepare` fills its folder and makes the record that the job is for, before the job itself is stored: what a crash
   * leaves of it is cleared away at the next start.
   */
  async submit(build: (id: number) => NewJob | Promise<NewJob>, prepare?: (id: number, dir: string) => Promise<void>): Promise<Readonly<StoredJob>> {
    const id = await this.#jobs.nextId();
    const dir = this.folder(id);
    await mkdir(dir);
    await syncFolder(this.#options.dir);
    try {
      await prepare?.(id, dir);
      const { preset, wish, ...request } = await build(id);
      const { light_memory_mb } = this.#options.settings;
      const job = await this.#jobs.put({
        ...request,
        id,
        state: 'pending',
        resources: {
          preset: preset?.name ?? null,
          cores: preset?.need.cores ?? wish?.cores ?? 1,
          memoryMb: preset?.need.memoryMb ?? Math.max(wish?.memoryMb ?? 0, light_memory_mb),
          gpu: null,
        },
        ...(preset === null ? {} : { need: preset.need }),
        stopRequested: false,
        relaunches: 0,
        interrupted: false,
        failure: null,
        createdAt: new Date().toISOString(),
        startedAt: null,
        finishedAt: null,
      });
      if (preset !== null) this.#needs.set(id, preset.need);
      this.#changed(job);
      this.#schedule();
      return job;
    } catch (error) {
      await rm(dir, { recursive: true, force: true });
      throw error;
    }
  }

  /** Asks a job to stop. Throws job_over. */
  async stop(id: number): Promise<void> {
    let wasPending = false;
    const job = await this.#jobs.update(id, (before) => {
      if (!isActive(before)) throw new StudioError('job_over');
      wasPending = before.state === 'pending' && this.#isFree(id) && before.windingUp === undefined;
      // From here on the scheduler leaves it alone.
      if (wasPending) this.#running.hold(id);
      return before.stopRequested ? before : { ...before, stopRequested: true };
    });
    if (job === undefined) throw new StudioError('not_found');
    if (wasPending) await this.#running.finish(job, { state: 'stopped', failure: null });
    else this.#running.askToStop(id);
  }

  /** Forgets a job that is over, with its folder. */
  async delete(id: number): Promise<void> {
    // What the job was for may be over for everyone to see a moment before the job itself is.
    await this.#takeOvers.attempt(id);
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    // What could not be taken over, because the disk is full, need not be any more: deleting is what helps.
    if (isActive(job) && !this.#takeOvers.has(id)) throw new StudioError('project_busy', { count: 1 });
    await this.#jobs.delete(id);
    this.#takeOvers.forget(id);
    await rm(this.folder(id), { recursive: true, force: true });
    this.#options.events.emit('change', { kind: 'job', id, projectId: job.projectId, deleted: true, audience: this.#options.audience(job.projectId) });
  }

  // ---------------------------------------------------------------- start and end of the daemon

  /** Before the start: forgets the jobs of what was deleted when the daemon died in the middle of it. Their folders go at the start. */
  async forget(isGone: (job: Readonly<StoredJob>) => boolean): Promise<void> {
    for (const { id } of this.#jobs.filter(isGone)) {
      await this.#jobs.delete(id).catch((error: unknown) => this.#options.log(error, `left over: job ${id}`));
    }
  }

  /**
   * Takes up where the last daemon left off, then starts what can start. `need` gives a preset's share as it is now. One job that cannot be taken up keeps
   * neither the others nor the daemon from starting.
   */
  async start(rules: RulesTable, need: (job: Readonly<StoredJob>) => Need): Promise<void> {
    const { dir, log } = this.#options;
    this.#rules = rules;
    this.#boot = await bootId();
    for (const name of await readdir(dir)) {
      if (/^\d+$/.test(name) && this.#jobs.get(Number(name)) !== undefined) continue;
      try {
        await endLeftover(join(dir, name));
        await rm(join(dir, name), { recursive: true, force: true });
      } catch (error) {
        log(error, `left over: ${name}`);
      }
    }
    for (const { id } of this.#jobs.filter(isActive)) {
      await this.#takeUp(id, need).catch((error: unknown) => {
        log(error, `job ${id} at the start`);
        this.#unready.later(id, `job ${id} behind the start`, async () => {
          await this.#takeUp(id, need);
          // When this is done, and it counts among those that wait.
          setImmediate(() => this.#schedule());
        });
      });
    }
    this.#open = true;
    this.#schedule();
  }

  /** Throws what may pass; of anything else the job has failed. */
  async #takeUp(id: number, need: (job: Readonly<StoredJob>) => Need): Promise<void> {
    const job = this.#jobs.get(id);
    if (job === undefined || !isActive(job)) return;
    try {
      await mkdir(this.folder(id), { recursive: true });
      await endLeftover(this.folder(id));
      const end = await endIn(this.folder(id));
      // Also of one that was stopped while it waited: what it was for says already that it is over.
      if (end !== null) return await this.#running.finish(job, end);
      // Throws where the preset is gone from appliance.conf, or too large for the box now.
      if (job.resources.preset !== null) this.#needs.set(id, need(job));
      if (job.state === 'running') await this.#recover(job);
    } catch (error) {
      if (mayPass(error)) throw error;
      if (!(error instanceof StudioError)) this.#options.log(error, `job ${id} at the start`);
      await this.#running.finish(job, { state: 'failed', failure: failureOf(error) });
    }
  }

  async #recover(job: Readonly<StoredJob>): Promise<void> {
    // What counts is what may be the job's own doing: not an orderly end, not a power cut, and not a daemon that dies when the job has long been running.
    const byLaunch = !job.interrupted && job.launchedIn === this.#boot;
    const relaunches = job.relaunches + (byLaunch ? 1 : 0);
    if (byLaunch && relaunches > this.#options.settings.relaunches) {
      const failure = failureOf(new StudioError('worker_keeps_crashing', { count: relaunches }));
      if (!(await this.#running.windUp(job, failure))) await this.#running.finish(job, { state: 'failed', failure });
      return;
    }
    await this.#jobs.update(job.id, ({ launchedIn: _, ...before }) => ({ ...before, state: 'pending', relaunches, interrupted: false }));
  }

  /** Leaves the workers: they end at once, and go on from their checkpoints when the daemon is back. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#unready.close();
    this.#takeOvers.close();
    await this.#running.leave();
  }

  /** There are other GPUs now than there were. */
  gpusHaveChanged(): void {
    this.#schedule();
    for (const job of this.#waiting.pending(false)) this.#changed(job);
  }

  // ---------------------------------------------------------------- starting jobs

  /** Nobody works on it, or is about to. */
  #isFree(id: number): boolean {
    return !this.#running.has(id) && !this.#takeOvers.has(id) && !this.#unready.has(id);
  }

  /** Is there a slot for a light job? The last one is kept for quick ones. */
  #slotFor({ kind }: Readonly<StoredJob>): boolean {
    const { light_slots } = this.#options.settings;
    const running = this.#running.jobs().filter(({ resources }) => resources.preset === null);
    if (PACE[kind] === 'quick') return running.length <= light_slots;
    return running.filter((job) => PACE[job.kind] !== 'quick').length < light_slots;
  }

  #schedule(): void {
    if (!this.#open || this.#closing) return;
    for (const job of this.#waiting.pending(true)) {
      if (this.#slotFor(job)) this.#running.begin(job, { gpu: null, cores: this.#lightCores(job), memoryMb: this.#lightMemory(job) });
    }
    // First come, first served: a small training does not overtake a large one that waits, or the large one would wait for ever.
    for (const job of this.#waiting.pending(false)) {
      // A GPU that may never be there again holds up nobody else.
      if (this.#waiting.isStuck(job)) continue;
      const need = this.#needs.get(job.id);
      const share = need === undefined ? null : this.#options.allocation.take(job.id, need);
      if (share === null) break;
      this.#running.begin(job, { gpu: share.gpu, cores: job.resources.cores, memoryMb: job.resources.memoryMb });
    }
    this.#waiting.tellPlaces();
  }

  #lightCores({ kind, resources: { cores } }: Readonly<StoredJob>): number {
    return USES_IDLE_CORES.has(kind) ? Math.max(1, Math.floor(this.#options.allocation.free.cores)) : cores;
  }

  /** What a light job may use: what it wishes where that is free besides the slot's own memory. */
  #lightMemory({ id, resources: { memoryMb } }: Readonly<StoredJob>): number {
    const own = this.#options.settings.light_memory_mb;
    if (memoryMb <= own) return own;
    return this.#options.allocation.take(id, { cores: 0, memoryMb: memoryMb - own, gpu: null, gpuMemoryMb: 0 }) === null ? own : memoryMb;
  }

  #rulesOf(kind: JobKind): JobRules {
    if (this.#rules === null) throw new Error('the queue has not been started');
    return this.#rules[kind] as JobRules;
  }

  /** Durable, then told. No worker is at the folder. */
  async #tell(id: number, event: NewEvent): Promise<void> {
    const told = await addEvent(this.folder(id), event);
    if (told !== null) this.#options.events.emit('jobEvent', { jobId: id, event: told });
  }

  #changed(job: Readonly<StoredJob>): void {
    this.#options.events.emit('change', { kind: 'job', id: job.id, projectId: job.projectId, deleted: false, audience: this.#options.audience(job.projectId) });
  }
}

export const isActive = (job: Readonly<StoredJob>) => job.state === 'pending' || job.state === 'running';
