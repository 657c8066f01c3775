/**
 * What a kiosk station works on: the next pictures of the pool, or of the person's own part, each leased for some minutes so that no other station gets it.
 * Leases are on the disk, so a restart hands no picture out twice. Labels that a station kept while the network was down are taken whenever they come, and
 * as often as they come, unless somebody else has labelled the picture meanwhile.
 */
import { randomBytes } from 'node:crypto';
import { StudioError } from '../../errors.ts';
import type { KioskPicture, KioskRenewal, KioskSubmission, KioskSubmitted, KioskWork } from '../../http/kiosk-schemas.ts';
import type { Document } from '../../store/collection.ts';
import type { Annotation } from '../annotation/annotation.ts';
import { livingClasses } from '../annotation/classes.ts';
import { isOpenPart, type StoredPart, type StoredTask } from '../annotation/task.ts';
import type { TaskLabels } from '../annotation/task-labels.ts';
import type { Datasets } from '../datasets/datasets.ts';
import type { PictureSets } from '../datasets/open-sets.ts';
import type { Users } from '../people/users.ts';
import type { AtStation, KioskSettings } from './stations.ts';

export interface Lease {
  id: string;
  stationId: number;
  userId: number;
  taskId: number;
  n: number;
  until: number;
}

export interface Leases {
  leases: Lease[];
}

export interface KioskWorkServices {
  leases: Document<Leases>;
  annotation: Annotation;
  datasets: Datasets;
  pictures: PictureSets;
  users: Users;
  settings: KioskSettings;
}

/** So long a lease that has run out, or was used, still tells who has labelled: a label may come late. */
const REMEMBERED_MS = 24 * 3600_000;

interface Source {
  task: Readonly<StoredTask>;
  labels: TaskLabels;
  parts: Readonly<StoredPart>[];
}

export class KioskWorks {
  readonly #services: KioskWorkServices;

  constructor(services: KioskWorkServices) {
    this.#services = services;
  }

  /** Leases pictures until this station holds `count` for this person, or there are no more. */
  async next({ station, person }: AtStation, count: number, now = Date.now()): Promise<KioskWork> {
    const sources = await this.#sources(station.groupId, person.id);
    const until = now + this.#services.settings.lease_minutes * 60_000;
    let held: Lease[] = [];
    let left = 0;
    await this.#services.leases.update(({ leases }) => {
      const kept = leases.filter((lease) => lease.until + REMEMBERED_MS > now);
      const mine = (lease: Lease) => lease.stationId === station.id && lease.userId === person.id;
      const wanted = (lease: Lease) => sources.some(({ task, labels }) => task.id === lease.taskId && isUndone(labels, lease.n));
      held = kept.filter((lease) => lease.until > now && mine(lease) && wanted(lease)).slice(0, count);
      const taken = new Set(kept.flatMap((lease) => (lease.until > now ? [`${lease.taskId} ${lease.n}`] : [])));
      left = 0;
      const fresh: Lease[] = [];
      for (const { task, labels, parts } of sources) {
        for (const { runs } of parts) {
          for (let i = 0; i < runs.length; i += 2) {
            for (let n = runs[i]!; n < runs[i + 1]!; n++) {
              if (!isUndone(labels, n) || taken.has(`${task.id} ${n}`)) continue;
              if (held.length + fresh.length < count) {
                fresh.push({ id: randomBytes(12).toString('base64url'), stationId: station.id, userId: person.id, taskId: task.id, n, until });
              } else left += 1;
            }
          }
        }
      }
      const renewed = new Map(held.map((lease) => [lease.id, { ...lease, until }]));
      held = [...renewed.values(), ...fresh];
      return { leases: [...kept.map((lease) => renewed.get(lease.id) ?? lease), ...fresh] };
    });
    const pictures: KioskPicture[] = [];
    for (const lease of held) pictures.push(await this.#picture(lease, sources.find(({ task }) => task.id === lease.taskId)!));
    return { pictures, tasks: this.#tasks(sources, held), left, elsewhere: this.#elsewhere(station.groupId, person.id) };
  }

  #tasks(sources: readonly Source[], held: readonly Lease[]): KioskWork['tasks'] {
    return sources
      .filter(({ task }) => held.some(({ taskId }) => taskId === task.id))
      .map(({ task }) => ({
        id: task.id,
        name: this.#services.datasets.get(task.datasetId)?.name ?? '',
        classesRevision: task.classesRevision,
        classes: livingClasses(task).map(({ id, name, colour, hotKey }) => ({ id, name, colour, hotKey })),
      }));
  }

  async #picture(lease: Lease, { task, labels }: Source): Promise<KioskPicture> {
    const { n } = lease;
    const { items } = await this.#services.pictures.get(this.#services.datasets.folder(task.datasetId));
    const proposal = labels.proposal(n);
    return {
      lease: lease.id,
      expiresAt: new Date(lease.until).toISOString(),
      taskId: task.id,
      n,
      name: items[n]?.name ?? '',
      ...labels.sizeOf(n),
      revision: labels.pictures.head(n)?.revision ?? 0,
      proposal: proposal?.label == null ? null : { label: proposal.label, score: proposal.score },
      comment: labels.standing(n).review === 'returned' ? ((await labels.pictures.read(n))?.comment ?? '') : '',
    };
  }

  /** Tasks of classification that are worked on in the group, the oldest first, with the parts that this person may label here. */
  async #sources(groupId: number, userId: number): Promise<Source[]> {
    const { tasks } = this.#services.annotation;
    const sources: Source[] = [];
    for (const task of [...tasks.all()]) {
      if (task.status !== 'working' || task.model !== 'classification' || tasks.groupOf(task) !== groupId || livingClasses(task).length === 0) continue;
      const own = task.parts.filter((part) => part.userId === userId && isOpenPart(part.status));
      const pool = task.parts.filter((part) => part.userId === null && isOpenPart(part.status));
      if (own.length + pool.length > 0) sources.push({ task, labels: await tasks.labels(task.id), parts: [...own, ...pool] });
    }
    return sources;
  }

  /** Datasets of which a part waits for this person that is no work for a station. */
  #elsewhere(groupId: number, userId: number): string[] {
    const { annotation, datasets } = this.#services;
    return [...annotation.tasks.all()].flatMap((task) => {
      const waits =
        task.status === 'working' && task.model !== 'classification' && task.parts.some((part) => part.userId === userId && isOpenPart(part.status));
      return waits && annotation.tasks.groupOf(task) === groupId ? [datasets.get(task.datasetId)?.name ?? ''] : [];
    });
  }

  async renew({ station }: AtStation, ids: readonly string[], now = Date.now()): Promise<KioskRenewal> {
    const until = now + this.#services.settings.lease_minutes * 60_000;
    const kept: KioskRenewal['kept'] = [];
    await this.#services.leases.update(({ leases }) => {
      kept.length = 0;
      return {
        leases: leases.map((lease) => {
          if (!ids.includes(lease.id) || lease.stationId !== station.id || lease.until <= now) return lease;
          kept.push({ lease: lease.id, expiresAt: new Date(until).toISOString() });
          return { ...lease, until };
        }),
      };
    });
    return { kept, lost: ids.filter((id) => !kept.some(({ lease }) => lease === id)) };
  }

  /** Somebody else's turn. `ids` undefined: all that the station holds. */
  async release({ station }: Pick<AtStation, 'station'>, ids: readonly string[] | undefined, now = Date.now()): Promise<KioskRenewal> {
    const wanted = (lease: Lease) => lease.stationId === station.id && (ids === undefined || ids.includes(lease.id));
    await this.#services.leases.update(({ leases }) => ({
      leases: leases.map((lease) => (wanted(lease) ? { ...lease, until: Math.min(lease.until, now) } : lease)),
    }));
    return { kept: [], lost: [...(ids ?? [])] };
  }

  /** Throws annotation_outdated where somebody else has labelled it, and what AnnotatedPictures.save throws. */
  async submit({ station, person }: AtStation, submission: KioskSubmission, now = Date.now()): Promise<KioskSubmitted> {
    const { annotation, leases, users } = this.#services;
    const { taskId, n, base, state, label, saveId } = submission;
    const task = annotation.tasks.get(taskId);
    if (task === undefined || annotation.tasks.groupOf(task) !== station.groupId || task.model !== 'classification') throw new StudioError('not_found');
    const lease = leases.data.leases.find((one) => one.id === submission.lease && one.stationId === station.id && one.taskId === taskId && one.n === n);
    // What was kept while the network was down counts for whoever has labelled it, even if somebody else is signed in by now.
    const reader = (lease === undefined ? undefined : users.get(lease.userId)) ?? person;
    const { revision } = await annotation.pictures.save({ reader, kiosk: true }, taskId, n, { base, state, label, saveId });
    await this.release({ station }, [submission.lease], now);
    const part = (await annotation.tasks.labels(taskId)).parts[n]!;
    await annotation.parts.poolDone(taskId, part);
    return { taskId, n, revision };
  }

  /** A picture that this station has leased in the last day. Throws not_found. */
  async image({ station }: AtStation, taskId: number, n: number): Promise<{ data: Buffer; mime: string }> {
    const { leases, annotation, datasets, pictures } = this.#services;
    const task = annotation.tasks.get(taskId);
    const leased = leases.data.leases.some((lease) => lease.stationId === station.id && lease.taskId === taskId && lease.n === n);
    if (task === undefined || !leased) throw new StudioError('not_found');
    return pictures.picture(datasets.folder(task.datasetId), n, false);
  }
}

function isUndone(labels: TaskLabels, n: number): boolean {
  const { state, review } = labels.standing(n);
  return state === 'todo' || review === 'returned';
}
