/** What a training can begin with: pretrained weights, or a model of the repository. */
import { StudioError } from '../../errors.ts';
import type { Start } from '../../http/schemas.ts';
import type { StartOption } from '../../http/weights-schemas.ts';
import type { TrainSpec } from '../../jobs/protocol.ts';
import type { Models } from '../models/models.ts';
import type { StoredUser } from '../people/users.ts';
import type { PretrainedWeights } from './weights.ts';

type Found = { file: string; name: string; architecture: string };

export class Starts {
  readonly #weights: PretrainedWeights;
  readonly #models: Models;

  constructor(weights: PretrainedWeights, models: Models) {
    this.#weights = weights;
    this.#models = models;
  }

  /** Pretrained weights, then the models of the reader's groups. */
  list(reader: StoredUser): StartOption[] {
    return [
      ...this.#weights.ready().map((one): StartOption => ({ kind: 'weights', ...one })),
      ...this.#models.starts(reader).map((one): StartOption => ({ kind: 'model', ...one })),
    ];
  }

  #find({ kind, id, name }: Start): Found {
    const found = kind === 'weights' ? this.#weights.find(id) : this.#models.start(id);
    if (found === undefined) throw new StudioError('start_missing', { name: name ?? String(id) });
    return found;
  }

  /** With its name, for keeping. Throws start_missing or start_other_algorithm. */
  checked(reader: StoredUser, start: Start, algorithm: string): Start {
    const { name, architecture } = this.#find(start);
    if (start.kind === 'model' && !this.#models.maySeeVersion(reader, start.id))
      throw new StudioError('start_missing', { name: start.name ?? String(start.id) });
    if (architecture !== algorithm) throw new StudioError('start_other_algorithm', { name, own: architecture, algorithm });
    return { kind: start.kind, id: start.id, name };
  }

  /** For the worker. Throws start_missing. */
  work(start: Start): NonNullable<TrainSpec['start']> {
    const { file, name } = this.#find(start);
    return { file, name, key: `${start.kind} ${start.id}` };
  }
}
