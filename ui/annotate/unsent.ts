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
  /** Only what is kept under one of these ids of saves: another tab may have kept something else of the same picture. */
  remove(taskId: number, n: number, saveIds: ReadonlySet<string>): Promise<void>;
  /** Of all tabs, the latest first. */
  all(taskId: number): Promise<Unsent[]>;
}

const STORE = 'unsent';

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** What this tab keeps stands beside what others do. Throws where the browser has no storage for us (a private window of some). */
export async function openUnsent(userId: number, tab: string): Promise<UnsentStore> {
  const opening = indexedDB.open('ai-studio.annotation', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const base = await done(opening);
  base.onversionchange = () => base.close();
  const store = (mode: IDBTransactionMode) => base.transaction(STORE, mode, { durability: mode === 'readwrite' ? 'strict' : 'default' }).objectStore(STORE);
  return {
    async put(one) {
      await done(store('readwrite').put(one, [userId, one.taskId, one.n, tab]));
    },
    async remove(taskId, n, saveIds) {
      const kept = store('readwrite');
      // A key of before there were tabs in it is within them.
      const range = IDBKeyRange.bound([userId, taskId, n], [userId, taskId, n, []]);
      const [keys, all] = await Promise.all([done(kept.getAllKeys(range)), done(kept.getAll(range) as IDBRequest<Unsent[]>)]);
      const gone = keys.filter((_, i) => saveIds.has(all[i]?.save.saveId ?? ''));
      await Promise.all(gone.map((key) => done(kept.delete(key))));
    },
    async all(taskId) {
      const all = await done(store('readonly').getAll(IDBKeyRange.bound([userId, taskId], [userId, taskId, []])) as IDBRequest<Unsent[]>);
      return all.sort((a, b) => b.at.localeCompare(a.at));
    },
  };
}
