/** One worker a job folder. */
import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer } from 'node:net';

/**
 * Claims the folder for this process until it ends, however it ends; false where another process has it. The claim is the name of an abstract Unix
 * socket: the kernel gives it to one process only and takes it back when that process is gone, so nothing is
 * left over after a power cut, and a killed worker that nobody has waited for yet (a zombie) holds nothing.
 */
export function claim(dir: string): Promise<boolean> {
  const name = `\0ai-studio-job-${createHash('sha256').update(realpathSync(dir)).digest('hex').slice(0, 32)}`;
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    server.listen(name, () => {
      server.unref();
      resolve(true);
    });
  });
}
