/**
 * JOBDIR/checkpoint: where a training goes on after a power cut.
 *
 *     state.json               what has been reached, and the epoch whose weights are the best; replaced last, so it names only files that are whole
 *     epoch-N.safetensors      weights, and the optimizer's state under `optimizer/…`: of the last epoch and of the best one
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeSafetensors, safetensorsPieces } from '../engine/safetensors.ts';
import type { TrainerState } from '../engine/trainer.ts';
import type { Checkpoint, Checkpoints } from '../learn/loop.ts';
import { writeDurably } from '../store/durable.ts';

const FORMAT = 1;
const OPTIMIZER = 'optimizer/';

interface StateFile<Score> extends Checkpoint<Score> {
  format: number;
  /** Of everything that the training depends on; with another one it is a checkpoint of something else. */
  fingerprint: string;
}

/** `warn` is told where there is a checkpoint that cannot be used; the training then begins anew. */
export function checkpointFolder<Score>(dir: string, fingerprint: string, warn: (reason: string) => void): Checkpoints<Score> {
  const stateFile = join(dir, 'state.json');
  const weightsFile = (epoch: number) => join(dir, `epoch-${epoch}.safetensors`);
  let bestEpoch = 0;

  const read = async (epoch: number): Promise<TrainerState> => {
    const { tensors } = decodeSafetensors(await readFile(weightsFile(epoch)));
    const state: TrainerState = { weights: new Map(), optimizer: new Map() };
    for (const [name, tensor] of tensors) {
      if (name.startsWith(OPTIMIZER)) state.optimizer.set(name.slice(OPTIMIZER.length), tensor);
      else state.weights.set(name, tensor);
    }
    return state;
  };

  return {
    async load() {
      let text: string;
      try {
        text = await readFile(stateFile, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
      try {
        const { format, fingerprint: found, history, bestEpoch: best } = JSON.parse(text) as StateFile<Score>;
        if (format !== FORMAT) throw new Error(`format ${format}`);
        if (found !== fingerprint) throw new Error('it belongs to other data or parameters');
        // Whether it can be read, first: its memory is free again before the other's is taken.
        if (best !== history.length) await read(best);
        const state = await read(history.length);
        bestEpoch = best;
        return { checkpoint: { history, bestEpoch: best }, state };
      } catch (error) {
        warn((error as Error).message);
        return null;
      }
    },

    async save({ history, bestEpoch: best }, { weights, optimizer }) {
      await mkdir(dir, { recursive: true });
      const all = new Map(weights);
      for (const [name, tensor] of optimizer) all.set(OPTIMIZER + name, tensor);
      await writeDurably(weightsFile(history.length), safetensorsPieces(all));
      const state: StateFile<Score> = { format: FORMAT, fingerprint, history, bestEpoch: best };
      await writeDurably(stateFile, `${JSON.stringify(state)}\n`);
      bestEpoch = best;
      const needed = new Set(['state.json', `epoch-${history.length}.safetensors`, `epoch-${best}.safetensors`]);
      for (const name of await readdir(dir)) if (!needed.has(name)) await rm(join(dir, name), { force: true });
    },

    async best() {
      return read(bestEpoch);
    },
  };
}
