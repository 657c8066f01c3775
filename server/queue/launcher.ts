/** A worker process: launched, spoken to and ended. */
import { fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GPU_ORDER } from '../engine/devices/gpus.ts';
import type { DaemonMessage, WorkerMessage } from '../jobs/protocol.ts';

const WORKER = resolve(dirname(fileURLToPath(import.meta.url)), '../worker.js');

export interface WorkerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Worker {
  readonly pid: number | undefined;
  readonly exited: Promise<WorkerExit>;
  /** Asks it to finish its step, save and end. */
  stop(): void;
  kill(): void;
  /** Closes the channel: the worker ends at once and goes on from its checkpoint when it is launched again. */
  leave(): void;
}

/** JavaScript's share of a worker's memory; pictures and tensors lie outside of it. */
const heapMb = (memoryMb: number) => Math.max(256, Math.min(4096, Math.floor(memoryMb / 2)));

export function launchWorker(dir: string, memoryMb: number, onMessage: (message: WorkerMessage) => void): Worker {
  const output = openSync(join(dir, 'worker.log'), 'a');
  try {
    const child = fork(WORKER, [dir], {
      execArgv: [`--max-old-space-size=${heapMb(memoryMb)}`],
      stdio: ['ignore', output, output, 'ipc'],
      env: { ...process.env, ...GPU_ORDER, UV_THREADPOOL_SIZE: '4' },
    });
    child.on('message', (message) => onMessage(message as WorkerMessage));
    let left = false;
    const exited = new Promise<WorkerExit>((done) => {
      child.once('error', () => {
        if (child.pid === undefined) done({ code: null, signal: null });
      });
      // 'close' comes behind the last message, 'exit' may come before it; where we closed the channel ourselves only 'exit' comes.
      child.once('close', (code, signal) => done({ code, signal }));
      child.once('exit', (code, signal) => left && done({ code, signal }));
    });
    return {
      pid: child.pid,
      exited,
      stop: () => {
        if (child.connected) child.send({ type: 'stop' } satisfies DaemonMessage, () => {});
      },
      kill: () => void child.kill('SIGKILL'),
      leave: () => {
        left = true;
        if (child.connected) child.disconnect();
      },
    };
  } finally {
    closeSync(output);
  }
}

/** Ends a worker that a daemon which died has left at a job's folder. Only a process that really is our worker there is killed. */
export async function endLeftover(dir: string): Promise<void> {
  const file = join(dir, 'worker.pid');
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
  if (Number.isInteger(pid) && pid > 1) {
    for (let i = 0; i < 100 && (await isWorkerAt(pid, dir)); i++) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
      await sleep(50);
    }
  }
  await rm(file, { force: true });
}

async function isWorkerAt(pid: number, dir: string): Promise<boolean> {
  const cmdline = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const words = cmdline.split('\0').filter((word) => word !== '');
  return words.at(-1) === dir && words.some((word) => word.endsWith('worker.js'));
}
