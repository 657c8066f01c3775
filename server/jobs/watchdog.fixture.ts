/** A process whose own thread is stuck in a call that takes memory: only the watchdog's thread can tell how it ended. Arguments: JOURNAL PIDFILE */
import { failureOf } from '../errors.ts';
import { outOfMemory } from './failure.ts';
import { Journal } from './journal.ts';
import { startWatchdog } from './watchdog.ts';

const journal = new Journal(process.argv[2]!);
journal.append({ type: 'log', level: 'info', text: 'begins' });
const failure = failureOf(outOfMemory({ kind: 'train', memoryMb: 100 }));
startWatchdog({ limitBytes: 100 * 2 ** 20, failure, journal: journal.path, cell: journal.cell, pidFile: process.argv[3]! }, () => {
  throw new Error('this thread is stuck and cannot be told');
});
setTimeout(() => {
  const taken = Buffer.alloc(300 * 2 ** 20, 1);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  process.exit(taken.length);
}, 300);
