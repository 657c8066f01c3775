/** A list of records that stays right by itself: loaded once, then kept by the change messages, loaded again after a gap. */
import type { Changes } from '../../server/http/changes.ts';
import { wasAborted } from '../api.ts';
import Alpine from '../vendor/alpine.js';
import { onChange, onResync } from './events.ts';

export interface LiveList<T> {
  rows: T[];
  state: 'loading' | 'ready' | 'failed';
  problem: unknown;
  reload(): Promise<void>;
}

export interface LiveListOptions<K extends keyof Changes> {
  kind: K;
  /** Only records of this project. */
  projectId?: number;
  signal: AbortSignal;
  load(): Promise<Changes[K][]>;
  /** Which changed records belong to the list; all of them where it is absent. */
  belongs?(record: Changes[K]): boolean;
  /** After every change of `rows`. */
  changed?(rows: Changes[K][]): void;
  /** The first load did not succeed. */
  failed?(problem: unknown): void;
}

/** `rows` is a new array after each change, newest first where records are added. */
export function liveList<K extends keyof Changes>(options: LiveListOptions<K>): LiveList<Changes[K]> {
  type Row = Changes[K];
  /** What was heard since each load that is under way was asked for. */
  const underWay = new Set<Map<number, Row | null>>();
  let asked = 0;
  let answered = 0;
  const list: LiveList<Row> = Alpine.reactive<LiveList<Row>>({
    rows: [],
    state: 'loading',
    problem: null,
    async reload() {
      const mine = ++asked;
      const heard = new Map<number, Row | null>();
      underWay.add(heard);
      try {
        const rows = await options.load();
        // A later load has overtaken this one.
        if (mine < answered || options.signal.aborted) return;
        answered = mine;
        set(rows);
        list.state = 'ready';
        list.problem = null;
        // The answer may be older than what was heard meanwhile.
        for (const [id, record] of heard) take(id, record);
      } catch (error) {
        if (wasAborted(error) || options.signal.aborted) return;
        list.problem = error;
        if (list.state !== 'loading') return;
        list.state = 'failed';
        options.failed?.(error);
      } finally {
        underWay.delete(heard);
      }
    },
  }) as LiveList<Row>;
  // Frozen: Alpine then leaves the records alone instead of wrapping each of what may be many thousands.
  const set = (rows: Row[]) => {
    list.rows = Object.freeze(rows) as Row[];
    options.changed?.(list.rows);
  };
  const take = (id: number, record: Row | null) => {
    const index = list.rows.findIndex((row) => row.id === id);
    const keep = record !== null && (options.belongs?.(record) ?? true);
    if (!keep) {
      if (index >= 0) set(list.rows.filter((row) => row.id !== id));
    } else if (index < 0) set([record, ...list.rows]);
    else set(list.rows.with(index, record));
  };
  onChange(options.kind, { signal: options.signal, ...(options.projectId === undefined ? {} : { projectId: options.projectId }) }, (id, record) => {
    for (const heard of underWay) heard.set(id, record);
    if (list.state === 'ready') take(id, record);
  });
  onResync(options.signal, () => void list.reload());
  void list.reload();
  return list;
}
