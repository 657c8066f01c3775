/**
 * The share of a job, held by the kernel: a cgroup (version 2) for each worker below the one that systemd has given the service for its own use
 * (Delegate= in systemd/ai-studio.service; see systemd.resource-control(5) and https://systemd.io/CGROUP_DELEGATION). A worker that takes more memory than
 * it was given is ended by the kernel, alone; more cores than it was given it never gets. Where there is no such thing (another system, started by hand),
 * the worker's own watchdog and the number of its threads hold it.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = '/sys/fs/cgroup';
/** Where the daemon itself is: a cgroup that has children with limits may not hold processes of its own. */
const DAEMON = 'daemon';
const JOB = /^job-\d+$/;
const PERIOD_US = 100_000;
/** Of 100 that others have. */
const LEFT_OVER = '20';
/** Priorities (nice) count inside of a cgroup alone, so the daemon's lead over its workers is told to the kernel again here. */
const DAEMON_WEIGHT = '1000';
/** Behind the watchdog's limit, so that where there is time the job ends with its own words. */
const SLACK = 1.05;
const SLACK_MB = 64;

export interface Confined {
  id: number;
  pid: number;
  /** null: what is left over, as of the small jobs beside the trainings. */
  cores: number | null;
  memoryMb: number;
}

/** What is written for a job, file by file; `optional` where the kernel may have been built without it. */
export function limitsOf({ cores, memoryMb }: Pick<Confined, 'cores' | 'memoryMb'>): { file: string; value: string; optional?: true }[] {
  const bytes = Math.ceil(memoryMb * SLACK + SLACK_MB) * 2 ** 20;
  return [
    { file: 'memory.max', value: String(bytes) },
    { file: 'memory.swap.max', value: '0', optional: true },
    { file: 'memory.oom.group', value: '1', optional: true },
    cores === null ? { file: 'cpu.weight', value: LEFT_OVER } : { file: 'cpu.max', value: `${Math.max(1000, Math.round(cores * PERIOD_US))} ${PERIOD_US}` },
  ];
}

/** The delegated cgroup of this process: of a service of systemd with version 2 alone. null where there is none. */
export function delegatedTo(ownCgroups: string, invocation: string | undefined, root = ROOT): string | null {
  const lines = ownCgroups.trim().split('\n');
  const [path] = lines.flatMap((line) => (line.startsWith('0::/') ? [line.slice(3)] : []));
  // In a session of a person, or beside version 1, the tree is not ours to divide.
  if (lines.length !== 1 || path === undefined || !invocation || !existsSync(join(root, 'cgroup.controllers'))) return null;
  const own = basename(path) === DAEMON ? dirname(path) : path;
  return own.endsWith('.service') ? join(root, own) : null;
}

export class Cgroups {
  readonly #base: string;
  readonly #log: (error: unknown, about: string) => void;

  private constructor(base: string, log: (error: unknown, about: string) => void) {
    this.#base = base;
    this.#log = log;
  }

  /** null where this process has no cgroup of its own to divide. */
  static async find(log: (error: unknown, about: string) => void): Promise<Cgroups | null> {
    let base: string | null = null;
    try {
      base = delegatedTo(readFileSync('/proc/self/cgroup', 'utf8'), process.env.INVOCATION_ID);
    } catch {
      // Not Linux.
    }
    if (base === null) return null;
    try {
      return await Cgroups.in(base, process.pid, log);
    } catch (error) {
      log(error, 'the cgroup of the service cannot be divided; jobs are held by their watchdogs alone');
      return null;
    }
  }

  /**
   * Makes a cgroup ready for jobs: the daemon and what it has started go into a child of their own, then the controllers are handed down. Resolves when what a
   * daemon that died has left is gone. Throws where that is refused.
   */
  static async in(base: string, pid: number, log: (error: unknown, about: string) => void): Promise<Cgroups> {
    const available = readFileSync(join(base, 'cgroup.controllers'), 'utf8').split(/\s+/);
    for (const needed of ['cpu', 'memory']) if (!available.includes(needed)) throw new Error(`${base} has no ${needed} controller`);
    mkdirSync(join(base, DAEMON), { recursive: true });
    for (const each of new Set([String(pid), ...processesOf(base)])) writeFileSync(join(base, DAEMON, 'cgroup.procs'), each);
    writeFileSync(join(base, 'cgroup.subtree_control'), '+cpu +memory');
    writeFileSync(join(base, DAEMON, 'cpu.weight'), DAEMON_WEIGHT);
    const groups = new Cgroups(base, log);
    await Promise.all(readdirSync(base).map((name) => JOB.test(name) && groups.#clear(name)));
    return groups;
  }

  /** Puts a worker that has just been launched under its limits. */
  confine({ id, pid, ...share }: Confined): void {
    const group = join(this.#base, `job-${id}`);
    try {
      mkdirSync(group, { recursive: true });
      for (const { file, value, optional } of limitsOf(share)) {
        try {
          writeFileSync(join(group, file), value);
        } catch (error) {
          if (!optional) throw error;
        }
      }
      writeFileSync(join(group, 'cgroup.procs'), String(pid));
    } catch (error) {
      // ESRCH: it has ended already.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') this.#log(error, `limits of job ${id}`);
    }
  }

  /** Whether the kernel has ended a process of a job for want of memory; null where the job has no cgroup. */
  ranOutOfMemory(id: number): boolean | null {
    try {
      return /^oom_kill [1-9]/m.test(readFileSync(join(this.#base, `job-${id}`, 'memory.events'), 'utf8'));
    } catch {
      return null;
    }
  }

  /** The worker is gone. What it may have started goes too. */
  release(id: number): Promise<void> {
    return this.#clear(`job-${id}`);
  }

  async #clear(name: string): Promise<void> {
    for (let tries = 0; tries < 50; tries++) {
      if (this.#remove(name)) return;
      try {
        writeFileSync(join(this.#base, name, 'cgroup.kill'), '1');
      } catch {
        // The kernel is older than 5.14, or it has just gone.
      }
      await sleep(100);
    }
    this.#log(new Error(`${name} still has processes`), 'a cgroup could not be removed');
  }

  /** A cgroup with a process in it stays. */
  #remove(name: string): boolean {
    try {
      rmdirSync(join(this.#base, name));
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT';
    }
  }
}

function processesOf(group: string): string[] {
  try {
    return readFileSync(join(group, 'cgroup.procs'), 'utf8')
      .split('\n')
      .filter((pid) => pid !== '');
  } catch {
    return [];
  }
}
