/**
 * Models as the runtime has rearranged them for this machine: operators joined, weights in its own layout. Opened so, a session reads nothing and rearranges nothing: it
 * maps the weights from the file, and all sessions of the machine share them. What is kept can be deleted at any time.
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, statfs, utimes } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { env, InferenceSession } from 'onnxruntime-node';
import { syncFile, syncFolder } from '../store/durable.ts';

export interface PreparedModel {
  /** An ONNX file with its weights beside it, to be opened as it is. */
  readonly file: string;
  /** Whether it was there, or this process has made it. */
  readonly found: 'kept' | 'made';
  /** Keeps it for the next time. Nothing is lost where that fails. */
  keep(): Promise<void>;
  /** It could not be opened. */
  drop(): Promise<void>;
}

/** So many are kept, those that were opened last. */
const MODELS = 8;
/** It is not to take the last of what is left on the disk. */
const TIMES_FREE = 4;
const MODEL = 'model.onnx';
const WEIGHTS = 'weights.bin';
const MAKING = '.making-';
/** What was being made so long ago was left by a process that was killed. */
const FORGOTTEN_MS = 3600 * 1000;

/** For the CPU. `cache`: a folder, made where it is missing. Throws where the disk is nearly full, and what the disk or the runtime throws. */
export async function prepare(model: string, cache: string): Promise<PreparedModel> {
  const entry = join(cache, await keyOf(model));
  if (await touched(entry)) {
    return { file: join(entry, MODEL), found: 'kept', keep: () => forget(cache, MODELS), drop: () => rm(entry, { recursive: true, force: true }) };
  }
  await mkdir(cache, { recursive: true });
  const { size } = await stat(model);
  if (!(await hasRoom(cache, size))) {
    await forget(cache, 0);
    if (!(await hasRoom(cache, size))) throw new Error('too little room on the disk');
  }
  const making = await mkdtemp(join(cache, MAKING));
  const drop = () => rm(making, { recursive: true, force: true });
  try {
    await rearrange(model, making);
  } catch (error) {
    await drop();
    throw error;
  }
  const keep = async () => {
    try {
      // In its place it is whole, whenever the power goes.
      for (const name of [MODEL, WEIGHTS]) await syncFile(join(making, name));
      await syncFolder(making);
      await rename(making, entry);
    } catch {
      // Another process was faster, or the disk is full: the sessions go on with what they have mapped.
      await drop();
    }
    await forget(cache, MODELS);
  };
  return { file: join(making, MODEL), found: 'made', keep, drop };
}

async function rearrange(model: string, dir: string): Promise<void> {
  const session = await InferenceSession.create(model, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    optimizedModelFilePath: join(dir, MODEL),
    extra: { session: { optimized_model_external_initializers_file_name: WEIGHTS, optimized_model_external_initializers_min_size_in_bytes: '1024' } },
  });
  await session.release();
}

/** The runtime's layouts depend on its version and on what the processor can do. */
async function keyOf(model: string): Promise<string> {
  const { size, mtimeMs } = await stat(model);
  return createHash('sha256')
    .update(JSON.stringify([env.versions.node, await processor(), resolve(model), size, mtimeMs]))
    .digest('hex');
}

async function processor(): Promise<string> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1] ?? cpus()[0]?.model ?? '';
}

async function touched(entry: string): Promise<boolean> {
  const now = new Date();
  return utimes(entry, now, now).then(
    () => true,
    () => false,
  );
}

async function hasRoom(cache: string, size: number): Promise<boolean> {
  const { bavail, bsize } = await statfs(cache);
  return bavail * bsize >= TIMES_FREE * size;
}

/** All but the `most` that were opened last. Somebody else may be clearing up, too: what cannot be cleared away stays. */
async function forget(cache: string, most: number): Promise<void> {
  try {
    const found = await Promise.all(
      (await readdir(cache)).map(async (name) => ({ name, at: (await stat(join(cache, name)).catch(() => null))?.mtimeMs ?? Number.POSITIVE_INFINITY })),
    );
    const kept = found.filter(({ name }) => !name.startsWith(MAKING)).sort((a, b) => b.at - a.at);
    const left = found.filter(({ name, at }) => name.startsWith(MAKING) && at < Date.now() - FORGOTTEN_MS);
    for (const { name } of [...kept.slice(most), ...left]) await rm(join(cache, name), { recursive: true, force: true });
  } catch {
    // They are looked at again the next time.
  }
}
