/** The thread behind watchdog.ts. */
import { openSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { append, WATCHDOG } from './journal.ts';
import type { WatchdogOrders } from './watchdog.ts';

const INTERVAL_MS = 200;
/** How long the job's thread has to end by itself; none at all when memory grows so fast that the box is in danger. */
const GRACE_MS = 2000;
const HOPELESS = 1.5;

const { limitBytes, failure, journal, cell, pidFile } = workerData as WatchdogOrders;

while (process.memoryUsage.rss() <= limitBytes) await sleep(INTERVAL_MS);

const rss = process.memoryUsage.rss();
parentPort?.postMessage(rss);
for (let waited = 0; waited < GRACE_MS && process.memoryUsage.rss() < HOPELESS * limitBytes; waited += INTERVAL_MS) await sleep(INTERVAL_MS);

const file = openSync(journal, 'a');
const text = `out of memory: ${Math.round(rss / 2 ** 20)} MiB in use, ${Math.round(limitBytes / 2 ** 20)} MiB allowed`;
const ko = `메모리가 부족합니다: ${Math.round(rss / 2 ** 20)} MiB 사용, 허용 ${Math.round(limitBytes / 2 ** 20)} MiB`;
append(file, cell, WATCHDOG, { type: 'log', level: 'error', text, ko });
append(file, cell, WATCHDOG, { type: 'end', state: 'failed', failure });
rmSync(pidFile, { force: true });
process.kill(process.pid, 'SIGKILL');
