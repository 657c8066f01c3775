/**
 * The preview process: a child of the daemon that decodes pictures for it while somebody looks at them. It keeps nothing, may crash or be killed at any
 * time, and ends with the daemon. See jobs/preview/protocol.ts.
 */
import { StudioError } from './errors.ts';
import { stayBehindTheDaemon } from './jobs/behind-the-daemon.ts';
import { previewChain } from './jobs/preview/chain.ts';
import { formatLosses } from './jobs/preview/losses.ts';
import { tableOrder } from './jobs/preview/order.ts';
import type { Answer, Question, QuestionName, Questions } from './jobs/preview/protocol.ts';
import { previewTableChain } from './jobs/preview/table.ts';
import { thumbnail } from './jobs/preview/thumbnail.ts';

const answers: { [K in QuestionName]: (ask: Questions[K]['ask']) => Promise<Questions[K]['answer']> } = {
  thumbnail,
  chain: previewChain,
  table: previewTableChain,
  order: tableOrder,
  losses: formatLosses,
};

async function answer({ id, name, ask }: Question): Promise<Answer> {
  try {
    return { id, answer: await (answers[name] as (ask: unknown) => Promise<unknown>)(ask) };
  } catch (error) {
    if (!(error instanceof StudioError)) return { id, broken: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    const { code, params, details } = error;
    return { id, error: { code, params, ...(details === undefined ? {} : { details }) } };
  }
}

stayBehindTheDaemon();
process.on('message', async (question: Question) => {
  const message = await answer(question);
  if (process.connected) process.send!(message, undefined, undefined, () => {});
});
process.on('disconnect', () => process.exit(0));

/** Bytes. A picture of the largest size takes some hundred MiB while it is turned; beyond this something is wrong. */
const MEMORY_LIMIT = 1.5 * 2 ** 30;
setInterval(() => {
  if (process.memoryUsage.rss() > MEMORY_LIMIT) process.exit(1);
}, 200).unref();
