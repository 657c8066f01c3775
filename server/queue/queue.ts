/**
 * The queue. Jobs with a preset (trainings) start in their order when their share of the box is free; light jobs run in slots of their own beside
 * them, of which one is kept for the quick. Every state is on the disk before anyone is told, so a restart goes on with what was waiting and resumes what was running.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { failureOf, StudioError } from '../errors.ts';
import type { Audience, EventBus } from '../events.ts';
import type { Job, JobEvent, JobKind, Progress } from '../http/schemas.ts';
import { outOfGpuMemory, outOfMemory } from '../jobs/failure.ts';
import type { NewEvent } from '../jobs/journal.ts';
import type { DeviceOfJob, JobSpec, WorkerMessage } from '../jobs/protocol.ts';
import type { Collection } from '../store/collection.ts';
import { syncFolder, writeDurably } from '../store/durable.ts';
import { bootId } from '../store/lock.ts';
import { Again, mayPass } from './again.ts';
import type { Allocation, Need } from './allocation.ts';
import type { Cgroups } from './cgroups.ts';
import type { Devices } from './devices.ts';
import type { GpuWatchdog } from './gpu-watchdog.ts';
import { addEvent, endIn, readEvents } from './job-log.ts';
import { type JobRules, type JobVerdict, PACE, type RulesTable, type StoredJob } from './jobs.ts';
import { endLeftover, launchWorker, type Worker, type WorkerExit } from './launcher.ts';
import { Patience } from './patience.ts';
import { TakeOvers } from './take-over.ts';
import { gpuWaiting, lightWaiting, type Waiting, waitingFor } from './waiting.ts';

const ANY_GPU: Pick<Need, 'gpu' | 'gpuMemoryMb'> = { gpu: 'any', gpuMemoryMb: 0 };
const GPU_TAKEN = { ko: '지금은 다른 작업이 GPU를 사용하고 있습니다.', en: 'Other jobs have the GPU just now.' };

/** Of a job that is being launched, runs, or is being taken over. */
interface Running {
  worker: Worker | null;
  progress: Progress | null;
  end: JobVerdict | null;
  killed: boolean;
  killTimer: NodeJS.Timeout | null;
  steadyTimer: NodeJS.Timeout | null;
}

/** A daemon that dies so long behind a launch, or later, does not die of it. */
const STEADY_MS = 60_000;

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
  readonly #running = new Map<number, Running>();
  /** Jobs whose workers are gone. */
  readonly #takeOvers: TakeOvers;
  /** Jobs that could not be taken up at the start, for a reason that passes. */
  readonly #unready: Again;
  readonly #patience: Patience;
  #boot = '';
  #rules: RulesTable | null = null;
  #places = new Map<number, number>();
  #closing = false;
  #open = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#jobs = options.jobs;
    const { jobs, log, againMs } = options;
    this.#patience = new Patience(options.settings.stop_grace_seconds);
    this.#unready = new Again(log, againMs);
    this.#takeOvers = new TakeOvers({
      jobs,
      folder: (id) => this.folder(id),
      rulesOf: (kind) => this.#rulesOf(kind),
      tell: (id, event) => this.#tell(id, event),
      ended: (job) => this.#changed(job),
      log,
      ...(againMs === undefined ? {} : { againMs }),
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
    return { progress: this.#running.get(job.id)?.progress ?? null, waiting: job.state === 'pending' ? this.#waiting(job) : null };
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
      if (wasPending) this.#running.set(id, newRunning());
      return before.stopRequested ? before : { ...before, stopRequested: true };
    });
    if (job === undefined) throw new StudioError('not_found');
    if (wasPending) await this.#finish(job, { state: 'stopped', failure: null });
    else this.#askToStop(id);
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
      // Throws where the preset is gone from appliance.conf, or too large for the box now.
      if (job.resources.preset !== null) this.#needs.set(id, need(job));
      if (job.state === 'running') await this.#recover(job);
    } catch (error) {
      if (mayPass(error)) throw error;
      if (!(error instanceof StudioError)) this.#options.log(error, `job ${id} at the start`);
      await this.#finish(job, { state: 'failed', failure: failureOf(error) });
    }
  }

  async #recover(job: Readonly<StoredJob>): Promise<void> {
    const end = await endIn(this.folder(job.id));
    if (end !== null) return this.#finish(job, end);
    // What counts is what may be the job's own doing: not an orderly end, not a power cut, and not a daemon that dies when the job has long been running.
    const byLaunch = !job.interrupted && job.launchedIn === this.#boot;
    const relaunches = job.relaunches + (byLaunch ? 1 : 0);
    if (byLaunch && relaunches > this.#options.settings.relaunches) {
      const failure = failureOf(new StudioError('worker_keeps_crashing', { count: relaunches }));
      if (!(await this.#windUp(job, failure))) await this.#finish(job, { state: 'failed', failure });
      return;
    }
    await this.#jobs.update(job.id, ({ launchedIn: _, ...before }) => ({ ...before, state: 'pending', relaunches, interrupted: false }));
  }

  /** Leaves the workers: they end at once, and go on from their checkpoints when the daemon is back. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#unready.close();
    this.#takeOvers.close();
    const running = [...this.#running];
    for (const [id] of running) {
      await this.#jobs
        .update(id, (before) => (before.state === 'running' ? { ...before, interrupted: true } : before))
        .catch((error: unknown) => this.#options.log(error, `leaving job ${id}`));
    }
    await Promise.all(
      running.map(async ([, one]) => {
        const { worker } = one;
        clearTimers(one);
        if (worker === null) return;
        worker.leave();
        const timer = setTimeout(() => worker.kill(), 3000);
        await worker.exited;
        clearTimeout(timer);
      }),
    );
  }

  /** There are other GPUs now than there were. */
  gpusHaveChanged(): void {
    this.#schedule();
    for (const job of this.#pending(false)) this.#changed(job);
  }

  // ---------------------------------------------------------------- starting jobs

  /** What the waiting trainings ask for, by job. */
  readonly #needs = new Map<number, Need>();

  #pending(light: boolean): Readonly<StoredJob>[] {
    return this.#jobs.filter((job) => job.state === 'pending' && (job.resources.preset === null) === light && this.#isFree(job.id));
  }

  /** Nobody works on it, or is about to. */
  #isFree(id: number): boolean {
    return !this.#running.has(id) && !this.#takeOvers.has(id) && !this.#unready.has(id);
  }

  /** It waits for a GPU that the box does not have (any more). */
  #isStuck({ id }: Readonly<StoredJob>): boolean {
    const need = this.#needs.get(id);
    return need !== undefined && !this.#options.allocation.fits(need);
  }

  /** Is there a slot for a light job? The last one is kept for quick ones. */
  #slotFor({ kind }: Readonly<StoredJob>): boolean {
    const { light_slots } = this.#options.settings;
    const running = [...this.#running.keys()].flatMap((id) => this.#jobs.get(id) ?? []).filter(({ resources }) => resources.preset === null);
    if (PACE[kind] === 'quick') return running.length <= light_slots;
    return running.filter((job) => PACE[job.kind] !== 'quick').length < light_slots;
  }

  #schedule(): void {
    if (!this.#open || this.#closing) return;
    for (const job of this.#pending(true)) {
      if (this.#slotFor(job)) this.#begin(job, null, this.#lightMemory(job));
    }
    // First come, first served: a small training does not overtake a large one that waits, or the large one would wait for ever.
    for (const job of this.#pending(false)) {
      // A GPU that may never be there again holds up nobody else.
      if (this.#isStuck(job)) continue;
      const need = this.#needs.get(job.id);
      const share = need === undefined ? null : this.#options.allocation.take(job.id, need);
      if (share === null) break;
      this.#begin(job, share.gpu, job.resources.memoryMb);
    }
    this.#tellPlaces();
  }

  /** What a light job may use: what it wishes where that is free besides the slot's own memory. */
  #lightMemory({ id, resources: { memoryMb } }: Readonly<StoredJob>): number {
    const own = this.#options.settings.light_memory_mb;
    if (memoryMb <= own) return own;
    return this.#options.allocation.take(id, { cores: 0, memoryMb: memoryMb - own, gpu: null, gpuMemoryMb: 0 }) === null ? own : memoryMb;
  }

  #begin(job: Readonly<StoredJob>, gpu: string | null, memoryMb: number): void {
    const running = newRunning();
    this.#running.set(job.id, running);
    const { log } = this.#options;
    this.#run(job, running, { gpu, memoryMb })
      .catch((error: unknown) => {
        // Its log is damaged, say.
        log(error, `job ${job.id}`);
        return this.#finish(this.#jobs.get(job.id) ?? job, { state: 'failed', failure: failureOf(error) });
      })
      .catch((error: unknown) => log(error, `end of job ${job.id}`));
  }

  async #run(pending: Readonly<StoredJob>, running: Running, share: { gpu: string | null; memoryMb: number }): Promise<void> {
    const { id } = pending;
    const dir = this.folder(id);
    let job = pending;
    try {
      const rules = this.#rulesOf(pending.kind);
      const started = await this.#jobs.update(id, (before) => ({
        ...before,
        state: 'running',
        startedAt: before.startedAt ?? new Date().toISOString(),
        resources: { ...before.resources, ...share },
        launchedIn: this.#boot,
      }));
      if (started === undefined) {
        this.#needs.delete(id);
        return this.#giveBack(id);
      }
      job = started;
      const work = await rules.work(job, dir);
      const device = await this.#device(job);
      const spec = { ...work, jobId: id, threads: this.#threads(job), memoryMb: job.resources.memoryMb, ...device } as JobSpec;
      await writeDurably(join(dir, 'spec.json'), `${JSON.stringify(spec, null, 1)}\n`);
      await rules.started?.(job);
      this.#changed(job);
      if (this.#closing) return;
      running.worker = launchWorker(dir, job.resources.memoryMb, (message) => this.#heard(id, running, message));
      running.steadyTimer = setTimeout(() => this.#getsOn(id), this.#options.steadyMs ?? STEADY_MS).unref();
      const { pid } = running.worker;
      if (pid !== undefined) {
        const { preset, cores, memoryMb } = job.resources;
        this.#options.cgroups?.confine({ id, pid, cores: preset === null ? null : cores, memoryMb });
        const limitMb = this.#needs.get(id)?.gpuMemoryMb ?? 0;
        if (limitMb > 0 && device.device !== undefined && device.device.name !== 'cpu') {
          this.#options.gpuWatchdog.watch(id, pid, limitMb, (usedMb) => {
            // It has told how it ended, and is only about to leave.
            if (running.end !== null) return;
            running.end = { state: 'failed', failure: failureOf(outOfGpuMemory(spec, limitMb, usedMb)) };
            running.worker?.kill();
          });
        }
      }
      if (this.#jobs.get(id)?.stopRequested) this.#askToStop(id);
    } catch (error) {
      // What the job is for may be deleted already while it is being stopped.
      if (this.#jobs.get(id)?.stopRequested) return this.#finish(job, { state: 'stopped', failure: null });
      if (!(error instanceof StudioError)) this.#options.log(error, `launch of job ${id}`);
      return this.#finish(job, { state: 'failed', failure: failureOf(error) });
    }
    const exit = await running.worker.exited;
    const ranOut = this.#options.cgroups?.ranOutOfMemory(id) ?? null;
    void this.#options.cgroups?.release(id);
    this.#options.gpuWatchdog.release(id);
    clearTimers(running);
    this.#patience.gone(id);
    const end = running.end ?? (await endIn(dir));
    if (end === null && this.#closing) return;
    const now = this.#jobs.get(id) ?? job;
    if (end === null && running.killed && (await this.#windUp(now, SILENT))) return this.#giveBack(id);
    await this.#finish(now, end ?? (await this.#suddenEnd(now, running, exit, ranOut)));
  }

  /** What those that compute do it on. */
  async #device(job: Readonly<StoredJob>): Promise<{ device?: DeviceOfJob }> {
    if (!['train', 'trial', 'preflight', 'infer'].includes(job.kind)) return {};
    const need = this.#needs.get(job.id) ?? (await this.#rulesOf(job.kind).need?.(job)) ?? null;
    const { devices, allocation } = this.#options;
    const device = await devices.choose(need, allocation.gpuOf(job.id));
    return { device: job.resources.preset === null && allocation.box.gpus.length > 0 ? this.#lightDevice(job, device, need ?? ANY_GPU) : device };
  }

  /** A light job comes without a share: it takes a GPU that nobody has. Where there is none the CPU infers; how long a training takes on a GPU the CPU cannot tell. */
  #lightDevice(job: Readonly<StoredJob>, device: DeviceOfJob, need: Pick<Need, 'gpu' | 'gpuMemoryMb'>): DeviceOfJob {
    if (device.name === 'cpu') return device;
    const index = this.#options.allocation.takeGpu(job.id, need);
    if (index !== null) return { ...device, index };
    if (job.kind === 'preflight') throw new StudioError('preflight_gpu_busy');
    return device.fallback ? { name: 'cpu', index: null, fallback: false, why: GPU_TAKEN } : device;
  }

  #threads(job: Readonly<StoredJob>): number {
    return Math.max(1, Math.floor(job.resources.cores));
  }

  #rulesOf(kind: JobKind): JobRules {
    if (this.#rules === null) throw new Error('the queue has not been started');
    return this.#rules[kind] as JobRules;
  }

  #heard(id: number, running: Running, message: WorkerMessage): void {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    this.#patience.heard(id);
    // A stopped training still judges its best epoch; while it tells of its work it is not ended by force, or that model would be lost.
    if (running.killTimer !== null) this.#endByForceLater(id, running);
    if (message.type === 'progress') {
      running.progress = message.progress;
      this.#options.events.emit('progress', { jobId: id, progress: message.progress, audience: this.#options.audience(job.projectId) });
      return;
    }
    const { event } = message;
    if (event.type === 'end') running.end = { state: event.state, failure: event.failure };
    else if (event.type === 'epoch') this.#getsOn(id);
    this.#options.events.emit('jobEvent', { jobId: id, event });
  }

  /** It has told of an epoch, or has run for a while. */
  #getsOn(id: number): void {
    const { relaunches, launchedIn } = this.#jobs.get(id) ?? { relaunches: 0, launchedIn: undefined };
    if (relaunches === 0 && launchedIn === undefined) return;
    this.#jobs
      .update(id, ({ launchedIn: _, ...before }) => ({ ...before, relaunches: 0 }))
      .catch((error: unknown) => this.#options.log(error, `progress of job ${id}`));
  }

  // ---------------------------------------------------------------- ending jobs

  #askToStop(id: number): void {
    const running = this.#running.get(id);
    const worker = running?.worker;
    if (running === undefined || worker === null || worker === undefined || running.killTimer !== null) return;
    worker.stop();
    this.#endByForceLater(id, running);
  }

  #endByForceLater(id: number, running: Running): void {
    if (running.killTimer !== null) clearTimeout(running.killTimer);
    running.killTimer = setTimeout(
      () => {
        running.killed = true;
        running.worker?.kill();
      },
      this.#patience.of(id, this.#jobs.get(id)?.windingUp === true),
    );
  }

  /** Lets a job that was ended by force, or is given up, be launched once more where that saves something. Otherwise false. `why` is for its log. */
  async #windUp({ id, kind, windingUp }: Readonly<StoredJob>, why: { ko: string; en: string }): Promise<boolean> {
    if (windingUp === true || !(await this.#rulesOf(kind).keeps?.(this.folder(id)))) return false;
    await this.#tell(id, { type: 'log', level: 'warning', text: why.en, ko: why.ko });
    const waits = await this.#jobs.update(id, ({ launchedIn: _, ...before }) => ({
      ...before,
      state: 'pending',
      stopRequested: true,
      windingUp: true,
      interrupted: false,
    }));
    if (waits !== undefined) this.#changed(waits);
    return waits !== undefined;
  }

  /** Of a worker that is gone without a word. `ranOut`: whether the kernel has ended it for its memory; null: not known. */
  async #suddenEnd(job: Readonly<StoredJob>, running: Running, { code, signal }: WorkerExit, ranOut: boolean | null): Promise<JobVerdict> {
    const crash = new StudioError('worker_crashed', { job: job.id });
    // At its second time there was something to save, and it is lost.
    if (running.killed) return job.windingUp === true ? { state: 'failed', failure: failureOf(crash) } : { state: 'stopped', failure: null };
    // The kernel ends what takes more memory than there is with SIGKILL; V8 aborts when its heap is full.
    const memory = (ranOut ?? signal === 'SIGKILL') || signal === 'SIGABRT' || code === 134;
    const error = memory ? outOfMemory(JSON.parse(await readFile(join(this.folder(job.id), 'spec.json'), 'utf8')) as JobSpec) : crash;
    return { state: 'failed', failure: failureOf(error) };
  }

  /** Resolves when its end is stored, or put off because the disk is full; in both cases its share of the box is free. */
  async #finish(job: Readonly<StoredJob>, verdict: JobVerdict): Promise<void> {
    await this.#takeOvers.begin(job, verdict);
    this.#needs.delete(job.id);
    this.#patience.forget(job.id);
    this.#giveBack(job.id);
  }

  /** Gives its share back. */
  #giveBack(id: number): void {
    this.#running.delete(id);
    this.#options.allocation.release(id);
    this.#schedule();
  }

  /** Durable, then told. No worker is at the folder. */
  async #tell(id: number, event: NewEvent): Promise<void> {
    const told = await addEvent(this.folder(id), event);
    if (told !== null) this.#options.events.emit('jobEvent', { jobId: id, event: told });
  }

  // ---------------------------------------------------------------- what is told

  /** Where a training that asks for `need` would stand if it came now. */
  outlook(need: Need): Waiting & { now: boolean; running: number } {
    const { allocation } = this.#options;
    const before = this.#pending(false).filter((job) => !this.#isStuck(job)).length;
    const waiting = waitingFor(before + 1, need, allocation.free);
    const running = [...this.#running.keys()].filter((id) => this.#jobs.get(id)?.resources.preset !== null).length;
    return { ...waiting, now: before === 0 && allocation.isFree(need), running };
  }

  #waiting(job: Readonly<StoredJob>): Waiting {
    const light = job.resources.preset === null;
    const place = Math.max(1, this.#before(job).findIndex(({ id }) => id === job.id) + 1);
    if (light) return lightWaiting(place, this.#options.settings.light_slots + (PACE[job.kind] === 'quick' ? 1 : 0));
    const { allocation } = this.#options;
    const need = this.#needs.get(job.id);
    if (need !== undefined && need.gpu !== null && (!allocation.gpusKnown || this.#isStuck(job))) return gpuWaiting(place, allocation.gpusKnown);
    return waitingFor(place, need, allocation.free);
  }

  /** The waiting jobs among which one stands: quick ones do not wait behind bulk ones. */
  #before(job: Readonly<StoredJob>): Readonly<StoredJob>[] {
    const light = job.resources.preset === null;
    const pending = this.#pending(light);
    if (!light) return pending.filter((other) => other.id === job.id || !this.#isStuck(other));
    return pending.filter(({ kind }) => (PACE[kind] === 'quick') === (PACE[job.kind] === 'quick'));
  }

  #tellPlaces(): void {
    const places = new Map<number, number>();
    for (const light of [true, false]) for (const job of this.#pending(light)) places.set(job.id, this.#before(job).findIndex(({ id }) => id === job.id) + 1);
    const before = this.#places;
    this.#places = places;
    for (const [id, place] of places) {
      const job = this.#jobs.get(id);
      if (before.get(id) !== place && job !== undefined) this.#changed(job);
    }
  }

  #changed(job: Readonly<StoredJob>): void {
    this.#options.events.emit('change', { kind: 'job', id: job.id, projectId: job.projectId, deleted: false, audience: this.#options.audience(job.projectId) });
  }
}

export const isActive = (job: Readonly<StoredJob>) => job.state === 'pending' || job.state === 'running';

const newRunning = (): Running => ({ worker: null, progress: null, end: null, killed: false, killTimer: null, steadyTimer: null });

function clearTimers({ killTimer, steadyTimer }: Running): void {
  for (const timer of [killTimer, steadyTimer]) if (timer !== null) clearTimeout(timer);
}

const SILENT = {
  ko: '중지 요청 뒤 오래 응답이 없어 강제로 종료했습니다. 지금까지의 모델을 저장하기 위해 한 번 더 시작합니다.',
  en: 'It was silent for long after it had been asked to stop, and was ended by force. It is launched once more, to save what it has.',
};
