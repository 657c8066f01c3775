/**
 * One daemon a data folder. DATA/lock names the process that holds it: its id, when it started and in which boot of the machine, so that the
 * lock of a process that was killed, or of a time before a power cut, is known to be left over and is taken over.
 */
import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Holder {
  pid: number;
  started: string;
  boot: string;
}

export class FolderInUseError extends Error {
  constructor(dir: string, pid: number) {
    super(`The data folder ${dir} is in use by another AI Studio (process ${pid}). Stop that one first, or choose another folder with --data.`);
    this.name = 'FolderInUseError';
  }
}

/** Returns a function that releases the lock. Throws FolderInUseError. */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  const lock = join(dir, 'lock');
  const me: Holder = { pid: process.pid, started: (await startOf(process.pid)) ?? '', boot: await bootId() };
  const mine = join(dir, `.lock.${randomBytes(6).toString('hex')}.tmp`);
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        await writeFile(mine, JSON.stringify(me));
        // link() fails where the name exists: of two that start at once, one wins.
        await link(mine, lock);
        return () => rm(lock, { force: true });
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // Whoever has just got the lock may have cleared ours away as left over (removeLeftovers).
        if (code !== 'EEXIST' && code !== 'ENOENT') throw error;
      }
      const holder = await readHolder(lock);
      if (holder !== null && (await isAlive(holder))) throw new FolderInUseError(dir, holder.pid);
      await removeStale(lock, holder, dir);
    }
    throw new FolderInUseError(dir, 0);
  } finally {
    await rm(mine, { force: true });
  }
}

/** Takes a left-over lock away; if someone else's fresh one was caught instead, it is put back. */
async function removeStale(lock: string, stale: Holder | null, dir: string): Promise<void> {
  const aside = join(dir, `.lock.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await rename(lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const caught = await readHolder(aside);
  if (JSON.stringify(caught) !== JSON.stringify(stale)) await link(aside, lock).catch(() => {});
  await rm(aside, { force: true });
}

async function readHolder(file: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  return holder.boot === (await bootId()) && holder.started !== '' && (await startOf(holder.pid)) === holder.started;
}

/** When a process was started, in clock ticks since boot; null where there is none. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses, which may hold spaces; the start is the 22nd field.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** Of this run of the machine; empty where that is not known. */
export async function bootId(): Promise<string> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
}
