/**
 * For tests, loaded into the daemon with `--import`: while there is a file at the path FULL_JOURNALS, appending to files whose path holds that file's text fails as on
 * a full disk.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

function isFull(fd: number): boolean {
  try {
    const path = readlinkSync(`/proc/self/fd/${fd}`);
    return path.includes(readFileSync(process.env.FULL_JOURNALS ?? '', 'utf8'));
  } catch {
    return false;
  }
}

const handle = await open('/dev/null');
const prototype = Object.getPrototypeOf(handle) as FileHandle;
await handle.close();
const { appendFile } = prototype;
prototype.appendFile = function (this: FileHandle, ...rest) {
  if (isFull(this.fd)) return Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));
  return appendFile.apply(this, rest);
};
