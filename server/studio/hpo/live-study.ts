/**
 * A study that is going on: all that happens to it happens in turn, and its journal comes first.
 *
 * Where the journal cannot be written (a full disk), what was to be written has not happened: the study is as the disk has it, and behind what its trainings have told
 * meanwhile. It catches up by itself as soon as it can be written again.
 */
import { StudioError } from '../../errors.ts';
import { Again } from '../../queue/again.ts';
import { type Decision, type Study, type StudyConfig, type StudyEvent, StudyEventError } from '../../search/study.ts';
import type { Journal } from '../../store/journal.ts';
import type { StudyFolder } from './study-folder.ts';

export interface LiveOptions {
  folder: StudyFolder;
  config: StudyConfig;
  /** Does what the journal says and had not been done, and hears what the trainings told meanwhile. Called in turn. */
  catchUp(live: LiveStudy): Promise<void>;
  log(error: unknown, about: string): void;
}

const FIRST_RETRY_MS = 1000;
/** There is one thing to do again: to catch up. */
const CATCH_UP = 0;

export class LiveStudy {
  readonly #options: LiveOptions;
  readonly #journal: Journal<StudyEvent>;
  #study: Study;
  /** The end of what is being done with it. */
  #turn: Promise<unknown> = Promise.resolve();
  #behind = false;
  /** What failed is logged in its turn. */
  readonly #again = new Again(() => {}, FIRST_RETRY_MS);
  #closed = false;

  private constructor(options: LiveOptions, journal: Journal<StudyEvent>, study: Study) {
    this.#options = options;
    this.#journal = journal;
    this.#study = study;
  }

  /** As its journal tells it. */
  static async open(options: LiveOptions): Promise<LiveStudy> {
    const { folder, config } = options;
    const study = await folder.replay(config);
    return new LiveStudy(options, await folder.open(), study);
  }

  get study(): Study {
    return this.#study;
  }

  get folder(): StudyFolder {
    return this.#options.folder;
  }

  /** Nothing where it is closed. */
  inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(async () => {
      if (!this.#closed && this.#behind) {
        await this.#options.catchUp(this);
        this.#behind = false;
      }
      if (!this.#closed) await work();
    });
    this.#turn = turn.catch((error: unknown) => {
      if (error instanceof StudioError && !this.#behind) return;
      this.#options.log(error, `study in ${this.folder.dir}`);
      this.#behind = true;
      if (!this.#again.has(CATCH_UP)) this.#again.later(CATCH_UP, this.folder.dir, () => this.inTurn(async () => {}));
    });
    return turn;
  }

  /** Takes an event in and keeps it; false where it says nothing new. */
  async take(event: StudyEvent): Promise<boolean> {
    try {
      if (!this.#study.apply(event)) return false;
    } catch (error) {
      if (!(error instanceof StudyEventError)) throw error;
      this.#options.log(error, 'an event that a study cannot take in');
      return false;
    }
    try {
      await this.#journal.append(event);
    } catch (error) {
      this.#study = await this.folder.replay(this.#study.config);
      throw error;
    }
    return true;
  }

  /** What the study decides next, on the disk and in effect; null: nothing before something happens. */
  async decide(): Promise<Decision | null> {
    const decision = this.#study.next();
    if (decision === null) return null;
    await this.#journal.append(decision);
    this.#study.apply(decision);
    return decision;
  }

  /** When what is being done with it is done. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#again.close();
    await this.#journal.close();
  }
}
