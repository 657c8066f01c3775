/** Changes that the daemon has not confirmed, kept in this browser: a closed tab, a dead battery or a network that is down loses nothing. */
import type { PictureSave } from '../../server/http/annotation-schemas.ts';

export interface Unsent {
  taskId: number;
  n: number;
  save: PictureSave;
  /** When it was changed last, ISO 8601. */
  at: string;
}

/** Where unsent changes are kept. One person's; another one at the same screen does not see them. */
export interface UnsentStore {
  put(one: Unsent): Promise<void>;
  remove(taskId: number, n: number): Promise<void>;
  all(taskId: number): Promise<Unsent[]>;
}

const STORE = 'unsent';

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Throws where the browser has no storage for us (a private window of some). */
export async function openUnsent(userId: number): Promise<UnsentStore> {
  const opening = indexedDB.open('ai-studio.annotation', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const base = await done(opening);
  base.onversionchange = () => base.close();
  const store = (mode: IDBTransactionMode) => base.transaction(STORE, mode, { durability: mode === 'readwrite' ? 'strict' : 'default' }).objectStore(STORE);
  return {
    async put(one) {
      await done(store('readwrite').put(one, [userId, one.taskId, one.n]));
    },
    async remove(taskId, n) {
      await done(store('readwrite').delete([userId, taskId, n]));
    },
    all: (taskId) => done(store('readonly').getAll(IDBKeyRange.bound([userId, taskId], [userId, taskId, []]))) as Promise<Unsent[]>,
  };
}
