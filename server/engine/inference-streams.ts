/**
 * Several batches at once on the CPU, each by a session of its own with few threads. The threads of one session wait for each other at every operator; those of
 * different sessions never do, and while one prepares its pictures another computes. Each holds the weights.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Session } from './inference-session.ts';
import type { PreparedModel } from './prepared.ts';

export interface StreamOrders {
  readonly source: string | Uint8Array;
  readonly size: number;
  readonly threads: number;
  readonly prepared: boolean;
}

export type StreamRequest = { readonly images: Uint8Array; readonly count: number } | 'close';
export type StreamAnswer = { readonly probabilities: Float32Array } | { readonly error: string };

/** Pixels in a batch for each thread of the CPU: four pictures of 224. */
export const PIXELS_A_THREAD = 4 * 224 ** 2;

/**
 * Memory in bytes: what the process takes without a model (130 MB with a margin), how many times a model's file it takes to open one (3.7 at most were measured,
 * of which the runtime gives little back; a prepared one is mapped), and the tensors between the layers for a pixel of a batch (400 for densenet161, of the known ones the most).
 */
const MEMORY = { process: 150e6, opening: 3.7, mapped: 1, pixel: 400 };

interface Opening {
  readonly fileBytes: number;
  readonly size: number;
  readonly memoryBytes: number;
  /** See prepared.ts. What was made by this process has taken as much as opening the file, and little of it comes back. */
  readonly prepared?: PreparedModel['found'] | undefined;
}

/** How many streams `threads` are parted into, where the process may take `memoryBytes`. */
export function streamsFor(threads: number, { fileBytes, size, memoryBytes, prepared }: Opening): number {
  const before = MEMORY.process + (prepared === 'made' ? MEMORY.opening * fileBytes : 0);
  const each = (prepared ? MEMORY.mapped : MEMORY.opening) * fileBytes + MEMORY.pixel * Math.max(PIXELS_A_THREAD, size ** 2);
  return Math.max(1, Math.min(threads, Math.floor((memoryBytes - before) / each)));
}

/** Throws what the runtime throws. */
export async function openStreams(
  source: string | Uint8Array,
  size: number,
  { threads, streams, prepared }: { readonly threads: number; readonly streams: number; readonly prepared: boolean },
): Promise<Session[]> {
  const all = Array.from({ length: streams }, (_, index) => new Stream({ source, size, threads: Math.floor((threads + index) / streams), prepared }));
  const openings = await Promise.allSettled(all.map((stream) => stream.opened()));
  const failed = openings.find((opening) => opening.status === 'rejected');
  if (!failed) return all;
  await Promise.all(all.map((stream) => stream.close()));
  throw failed.reason;
}

/** Sessions of one model as one: each batch goes to one that has nothing to do, or waits for it. */
export function together(sessions: readonly Session[]): Session {
  const free = [...sessions];
  const waiting: ((session: Session) => void)[] = [];
  return {
    async run(images, count) {
      const session = free.pop() ?? (await new Promise<Session>((take) => waiting.push(take)));
      try {
        return await session.run(images, count);
      } finally {
        const next = waiting.shift();
        if (next) next(session);
        else free.push(session);
      }
    },
    async close() {
      await Promise.all(sessions.map((session) => session.close()));
    },
  };
}

class Stream implements Session {
  readonly #thread: Worker;
  readonly #ended: Promise<void>;

  constructor(orders: StreamOrders) {
    this.#thread = new Worker(new URL('./inference-thread.js', import.meta.url), { workerData: orders });
    this.#ended = new Promise((ended) => this.#thread.once('exit', () => ended()));
  }

  async opened(): Promise<void> {
    await once(this.#thread, 'message');
  }

  async run(images: Uint8Array, count: number): Promise<Float32Array> {
    const answered = once(this.#thread, 'message') as Promise<[StreamAnswer]>;
    this.#thread.postMessage({ images, count } satisfies StreamRequest);
    const [answer] = await answered;
    if ('error' in answer) throw new Error(answer.error);
    return answer.probabilities;
  }

  async close(): Promise<void> {
    this.#thread.postMessage('close' satisfies StreamRequest);
    await this.#ended;
  }
}
