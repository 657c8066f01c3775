/** Where the daemon's log goes: a file that is put aside when it has grown, so that a disk never fills with it. */
import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

export class LogFile {
  readonly #file: string;
  readonly #maxBytes: number;
  #stream: WriteStream;
  #bytes: number;

  constructor(dir: string, maxBytes: number) {
    mkdirSync(dir, { recursive: true });
    this.#file = join(dir, 'daemon.log');
    this.#maxBytes = maxBytes;
    this.#bytes = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
    this.#stream = this.#open();
  }

  write(line: string): void {
    if (this.#bytes > this.#maxBytes) {
      this.#stream.end();
      renameSync(this.#file, `${this.#file}.1`);
      this.#bytes = 0;
      this.#stream = this.#open();
    }
    this.#bytes += Buffer.byteLength(line);
    this.#stream.write(line);
  }

  /** A log that cannot be written (the disk is full) must not stop the daemon. */
  #open(): WriteStream {
    return createWriteStream(this.#file, { flags: 'a' }).on('error', () => {});
  }
}
