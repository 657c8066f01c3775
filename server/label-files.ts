/**
 * The process that writes the label files of one download: a child of the daemon, which may not be held by masks that are traced. It keeps nothing and ends
 * with the download or with the daemon. See jobs/label-files/protocol.ts.
 */
import { once } from 'node:events';
import { stayBehindTheDaemon } from './jobs/behind-the-daemon.ts';
import type { LabelFilesMessage, LabelFilesOrder } from './jobs/label-files/protocol.ts';
import { openLabelFiles } from './jobs/label-files/write.ts';

/** Resolves when it is on its way; where nobody is there any more, 'disconnect' ends the process. */
const tell = (message: LabelFilesMessage) => new Promise<void>((done) => process.send!(message, undefined, undefined, () => done()));

async function answer(order: LabelFilesOrder): Promise<void> {
  try {
    const batches = await openLabelFiles(order);
    await tell({ type: 'ready' });
    // While the daemon takes one batch the next is made.
    let taken: Promise<unknown> = Promise.resolve();
    for await (const pieces of batches) {
      await taken;
      taken = once(process, 'message');
      await tell({ type: 'files', pieces });
    }
    await taken;
    await tell({ type: 'end' });
  } catch (error) {
    await tell({ type: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
  if (process.connected) process.disconnect();
}

stayBehindTheDaemon();
process.once('message', (order: LabelFilesOrder) => void answer(order));
process.on('disconnect', () => process.exit(0));
