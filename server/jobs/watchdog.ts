/**
 * Ends a worker that takes more memory than its job may have. A single native call can take all of it while the job's thread is stuck inside, so a
 * second thread looks; it first asks the job's thread to end in good order and, where that gets no answer, writes the job's end itself and kills.
 */

import { getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { JournalCell } from './journal.ts';
import type { Failure } from './protocol.ts';

export interface WatchdogOrders {
  limitBytes: number;
  /** Written to the journal as the job's end where the job's thread does not answer. */
  failure: Failure;
  journal: string;
  cell: JournalCell;
  pidFile: string;
}

/** Share of V8's heap limit at which the job ends before V8 kills the process without a word. */
const HEAP_SHARE = 0.92;

/** `onOver` is called on the job's thread, at most once, with the reason; it has to end the process. */
export function startWatchdog(orders: WatchdogOrders, onOver: (details: string) => void): void {
  let over = false;
  const report = (details: string) => {
    if (over) return;
    over = true;
    onOver(details);
  };
  const thread = new Worker(new URL('./watchdog-thread.js', import.meta.url), { workerData: orders });
  thread.on('message', (rss: number) => report(`${Math.round(rss / 2 ** 20)} MiB in use, ${Math.round(orders.limitBytes / 2 ** 20)} MiB allowed`));
  thread.unref();
  setInterval(() => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    if (used > HEAP_SHARE * limit) report(`${Math.round(used / 2 ** 20)} MiB of the JavaScript heap in use, ${Math.round(limit / 2 ** 20)} MiB allowed`);
  }, 500).unref();
}
