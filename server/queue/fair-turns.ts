/**
 * Turns at something of which only some may go on at once, beside the queue of jobs because somebody waits for each. Next comes who has the fewest of them
 * under way, then who came first.
 */
export interface TurnSettings {
  atOnce: number;
  /** How long a turn may rest while others wait for one, ms. */
  patienceMs: number;
}

/** Until it is ended. One that rests while others wait may be given up: whoever has it sets `onGivenUp`. */
export class Turn {
  readonly personId: number;
  onGivenUp: () => void = () => {};
  readonly #ended: (turn: Turn) => void;
  #restsSince: number | null = null;

  constructor(personId: number, ended: (turn: Turn) => void) {
    this.personId = personId;
    this.#ended = ended;
  }

  /** It waits for the one whom it serves. */
  rest(): void {
    this.#restsSince = performance.now();
  }

  work(): void {
    this.#restsSince = null;
  }

  restedMs(): number {
    return this.#restsSince === null ? 0 : performance.now() - this.#restsSince;
  }

  /** May be called again. */
  end(): void {
    this.#ended(this);
  }
}

interface Waiting {
  personId: number;
  start(turn: Turn): void;
}

export class FairTurns {
  readonly #settings: TurnSettings;
  readonly #held = new Set<Turn>();
  readonly #waiting: Waiting[] = [];
  #looking: NodeJS.Timeout | undefined;

  constructor(settings: TurnSettings) {
    this.#settings = settings;
  }

  /** Waits for a turn. Throws the signal's reason where it is aborted before there is one. */
  async take(personId: number, signal: AbortSignal): Promise<Turn> {
    signal.throwIfAborted();
    let leave = () => {};
    try {
      return await new Promise<Turn>((start, fail) => {
        const waiting: Waiting = { personId, start };
        this.#waiting.push(waiting);
        leave = () => {
          const at = this.#waiting.indexOf(waiting);
          if (at >= 0) this.#waiting.splice(at, 1);
          fail(signal.reason);
        };
        signal.addEventListener('abort', leave);
        this.#next();
      });
    } finally {
      signal.removeEventListener('abort', leave);
      this.#look();
    }
  }

  #next(): void {
    while (this.#held.size < this.#settings.atOnce && this.#waiting.length > 0) {
      const fewest = Math.min(...this.#waiting.map(({ personId }) => this.#heldBy(personId)));
      const at = this.#waiting.findIndex(({ personId }) => this.#heldBy(personId) === fewest);
      const [{ personId, start }] = this.#waiting.splice(at, 1) as [Waiting];
      const turn = new Turn(personId, (ended) => {
        if (this.#held.delete(ended)) this.#next();
      });
      this.#held.add(turn);
      start(turn);
    }
    this.#look();
  }

  #heldBy(personId: number): number {
    let count = 0;
    for (const turn of this.#held) if (turn.personId === personId) count += 1;
    return count;
  }

  /** Looks after turns that rest as long as somebody waits. */
  #look(): void {
    if (this.#waiting.length === 0) {
      clearInterval(this.#looking);
      this.#looking = undefined;
      return;
    }
    this.#looking ??= setInterval(() => {
      for (const turn of this.#held) if (turn.restedMs() > this.#settings.patienceMs) turn.onGivenUp();
    }, this.#settings.patienceMs / 4).unref();
  }
}
