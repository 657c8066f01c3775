/** One stream of inference-streams.ts: a session on a thread of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { openSession } from './inference-session.ts';
import type { StreamAnswer, StreamOrders, StreamRequest } from './inference-streams.ts';

const { source, size, threads, prepared } = workerData as StreamOrders;
const answer = (message: StreamAnswer) => parentPort!.postMessage(message);

const session = await openSession(source, size, { threads, device: 'cpu', gpu: null, prepared });
parentPort!.on('message', async (request: StreamRequest) => {
  if (request === 'close') {
    await session.close();
    parentPort!.close();
    return;
  }
  try {
    answer({ probabilities: await session.run(request.images, request.count) });
  } catch (error) {
    answer({ error: (error as Error).message });
  }
});
parentPort!.postMessage('open');
