/** The daemon's side of the process that writes the label files of one download. */
import { type ChildProcess, fork } from 'node:child_process';
import { on } from 'node:events';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LabelFilesMessage, type LabelFilesOrder, type Piece, TAKEN } from '../jobs/label-files/protocol.ts';
import type { WrittenFile } from '../labels/files.ts';
import type { Turn } from './fair-turns.ts';

const PROGRAM = resolve(dirname(fileURLToPath(import.meta.url)), '../label-files.js');
/** Tracing takes some bytes a pixel of the object. */
const HEAP_MB = 1024;

/** The files, once, in their order; the content of each is to be read before the next. */
export class LabelFiles {
  readonly #child: ChildProcess;
  readonly #messages: AsyncIterator<[LabelFilesMessage]>;
  readonly #turn: Turn;

  private constructor(child: ChildProcess, turn: Turn) {
    this.#child = child;
    this.#turn = turn;
    this.#messages = on(child, 'message', { close: ['disconnect'] }) as AsyncIterator<[LabelFilesMessage]>;
  }

  /** Throws where one of the sets cannot be opened. What is opened must be closed. The turn ends with the process. */
  static async open(order: LabelFilesOrder, turn: Turn): Promise<LabelFiles> {
    const child = fork(PROGRAM, [], {
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.on('error', () => {
      // None was made.
      if (child.pid === undefined) turn.end();
    });
    child.once('exit', () => turn.end());
    const files = new LabelFiles(child, turn);
    turn.onGivenUp = () => files.close();
    try {
      child.send(order, () => {});
      await files.#next();
      turn.rest();
      return files;
    } catch (error) {
      files.close();
      throw error;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WrittenFile> {
    const pieces = this.#pieces();
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
      const { name, content, more } = next.value;
      yield { name, content: more ? wholeOf(content, pieces) : bufferOf(content) };
    }
  }

  /** Ends the process, whatever it is at. */
  close(): void {
    this.#child.kill('SIGKILL');
  }

  async *#pieces(): AsyncGenerator<Piece> {
    for (let message = await this.#next(); message.type === 'files'; message = await this.#next()) {
      for (const piece of message.pieces) {
        this.#turn.rest();
        yield piece;
      }
      this.#turn.work();
      this.#child.send(TAKEN, () => {});
    }
  }

  async #next(): Promise<Exclude<LabelFilesMessage, { type: 'failed' }>> {
    const { value, done } = await this.#messages.next();
    if (done) throw new Error('the process that writes label files has ended');
    const [message] = value as [LabelFilesMessage];
    if (message.type === 'failed') throw new Error(message.error);
    return message;
  }
}

async function* wholeOf(first: Uint8Array, pieces: AsyncGenerator<Piece>): AsyncGenerator<Buffer> {
  yield bufferOf(first);
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    yield bufferOf(next.value.content);
    if (!next.value.more) return;
  }
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, byteLength);
