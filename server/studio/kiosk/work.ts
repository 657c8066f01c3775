/**
 * What a kiosk station works on: the next pictures of the pool, or of the person's own part, each leased for some minutes so that no other station gets it.
 * Leases are on the disk, so a restart hands no picture out twice. Labels that a station kept while the network was down are taken whenever they come, and
 * as often as they come, for whoever had leased the picture, unless somebody else has labelled it meanwhile. What a person skips comes to them last.
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
import type { StoredUser, Users } from '../people/users.ts';
import type { AtStation, KioskSettings } from './stations.ts';

export interface Lease {
  id: string;
  stationId: number;
  userId: number;
  taskId: number;
  n: number;
  until: number;
}

/** A person would rather leave this picture to somebody else. */
export interface Skip {
  userId: number;
  taskId: number;
  n: number;
  at: number;
}

export interface Leases {
  leases: Lease[];
  skips?: Skip[];
}

export interface KioskWorkServices {
  leases: Document<Leases>;
  annotation: Annotation;
  datasets: Datasets;
  pictures: PictureSets;
  users: Users;
  settings: KioskSettings;
}

/** So long a lease that has run out still tells who has labelled, since a label may come late; and so long a skipped picture comes last. */
const REMEMBERED_MS = 24 * 3600_000;

interface Source {
  task: Readonly<StoredTask>;
  labels: TaskLabels;
  parts: Readonly<StoredPart>[];
}

const keyOf = ({ taskId, n }: Pick<Lease, 'taskId' | 'n'>) => `${taskId} ${n}`;

export class KioskWorks {
  readonly #services: KioskWorkServices;
  /** Leases whose label is on the disk: they leave the file with its next change, so that a label costs one write and the file does not grow with them. */
  readonly #used = new Set<string>();

  constructor(services: KioskWorkServices) {
    this.#services = services;
  }

  /** A change of the leases and skips that are still of use. */
  async #change(now: number, change: (before: Required<Leases>) => Leases): Promise<void> {
    let used: string[] = [];
    const latest = now + this.#services.settings.lease_minutes * 60_000;
    await this.#services.leases.update(({ leases, skips = [] }) => {
      used = [...this.#used];
      return change({
        leases: leases
          .filter(({ id, until }) => until + REMEMBERED_MS > now && !this.#used.has(id))
          // One from before the clock was put back would keep its picture from the others for as long.
          .map((lease) => (lease.until > latest ? { ...lease, until: now } : lease)),
        skips: skips.filter(({ at }) => at + REMEMBERED_MS > now),
      });
    });
    for (const id of used) this.#used.delete(id);
  }

  /** Leases pictures until this station holds `count` for this person, or there are no more. */
  async next({ station, person }: AtStation, count: number, now = Date.now()): Promise<KioskWork> {
    const sources = await this.#sources(station.groupId, person.id);
    const until = now + this.#services.settings.lease_minutes * 60_000;
    let held: Lease[] = [];
    let left = 0;
    await this.#change(now, ({ leases, skips }) => {
      const live = leases.filter((lease) => lease.until > now && isWaiting(sources, lease));
      const mine = live.filter(({ stationId, userId }) => stationId === station.id && userId === person.id).slice(0, count);
      const taken = new Set(live.map(keyOf));
      const skipped = skips.filter(({ userId }) => userId === person.id);
      const fresh = choose(sources, count - mine.length, taken, skipped).map(
        ({ taskId, n }): Lease => ({ id: randomBytes(12).toString('base64url'), stationId: station.id, userId: person.id, taskId, n, until }),
      );
      const open = sources.flatMap(({ labels, parts }) => parts.map(({ id }) => labels.countsOf(id).open));
      left = Math.max(0, open.reduce((sum, one) => sum + one, 0) - taken.size - fresh.length);
      const renewed = new Map(mine.map((lease) => [lease.id, { ...lease, until }]));
      held = [...renewed.values(), ...fresh];
      return { leases: [...leases.map((lease) => renewed.get(lease.id) ?? lease), ...fresh], skips };
    });
    const pictures: KioskPicture[] = [];
    for (const lease of held) {
      const picture = await this.#picture(lease, sources.find(({ task }) => task.id === lease.taskId)!);
      // Not what was labelled while the leases were written.
      if (isWaiting(sources, lease)) pictures.push(picture);
    }
    return {
      pictures,
      tasks: this.#tasks(sources, held),
      left,
      finished: this.#finished(sources, person.id),
      elsewhere: this.#elsewhere(station.groupId, person.id),
    };
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

  #finished(sources: readonly Source[], userId: number): KioskWork['finished'] {
    return sources.flatMap(({ task, labels, parts }) =>
      parts.flatMap(({ id, userId: whose }) => {
        const { count, open } = labels.countsOf(id);
        return whose === userId && open === 0 ? [{ taskId: task.id, partId: id, name: this.#services.datasets.get(task.datasetId)?.name ?? '', count }] : [];
      }),
    );
  }

  /** Throws not_found, and what TaskParts.done throws. */
  async done({ station, person }: AtStation, taskId: number, partId: number): Promise<void> {
    const { tasks, parts } = this.#services.annotation;
    const task = tasks.get(taskId);
    if (task === undefined || tasks.groupOf(task) !== station.groupId) throw new StudioError('not_found');
    await parts.done(person, taskId, partId);
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
    await this.#change(now, ({ leases, skips }) => {
      kept.length = 0;
      const renewed = leases.map((lease) => {
        if (!ids.includes(lease.id) || lease.stationId !== station.id || lease.until <= now) return lease;
        kept.push({ lease: lease.id, expiresAt: new Date(until).toISOString() });
        return { ...lease, until };
      });
      return { leases: renewed, skips };
    });
    return { kept, lost: ids.filter((id) => !kept.some(({ lease }) => lease === id)) };
  }

  /** Somebody else's turn: the person gets these pictures again when there is nothing else. */
  async skip({ station, person }: AtStation, ids: readonly string[], now = Date.now()): Promise<KioskRenewal> {
    const gone = (lease: Lease) => lease.stationId === station.id && ids.includes(lease.id);
    await this.#change(now, ({ leases, skips }) => {
      const given = leases.filter((lease) => gone(lease) && lease.userId === person.id);
      const again = new Set(given.map(keyOf));
      const before = skips.filter((skip) => skip.userId !== person.id || !again.has(keyOf(skip)));
      return {
        leases: leases.filter((lease) => !gone(lease)),
        skips: [...before, ...given.map(({ userId, taskId, n }): Skip => ({ userId, taskId, n, at: now }))],
      };
    });
    return { kept: [], lost: [...ids] };
  }

  /** All that the station holds may go to others. Whose it was is remembered: labels may still come. */
  async release(station: AtStation['station'], now = Date.now()): Promise<void> {
    await this.#change(now, ({ leases, skips }) => ({
      leases: leases.map((lease) => (lease.stationId === station.id ? { ...lease, until: Math.min(lease.until, now) } : lease)),
      skips,
    }));
  }

  /**
   * `person`: who is signed in now, which need not be whoever has labelled, nor anybody. Throws annotation_outdated where somebody else has labelled it,
   * kiosk_not_signed_in where nothing tells whose label it is, and what AnnotatedPictures.save throws.
   */
  async submit(station: AtStation['station'], person: StoredUser | undefined, submission: KioskSubmission): Promise<KioskSubmitted> {
    const { annotation, leases, users } = this.#services;
    const { taskId, n, base, state, label, saveId } = submission;
    const task = annotation.tasks.get(taskId);
    if (task === undefined || annotation.tasks.groupOf(task) !== station.groupId || task.model !== 'classification') throw new StudioError('not_found');
    const lease = leases.data.leases.find((one) => one.id === submission.lease && one.stationId === station.id && one.taskId === taskId && one.n === n);
    const reader = (lease === undefined ? undefined : users.get(lease.userId)) ?? (person?.id === submission.personId ? person : undefined);
    if (reader === undefined) {
      const revision = await annotation.pictures.revisionOf(taskId, n, saveId);
      if (revision === null) throw new StudioError('kiosk_not_signed_in');
      return { taskId, n, revision };
    }
    const { revision } = await annotation.pictures.save({ reader, kiosk: true }, taskId, n, { base, state, label, saveId });
    if (lease !== undefined) this.#used.add(lease.id);
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

/** Is it to be done, in a part that the person may label? */
function isWaiting(sources: readonly Source[], { taskId, n }: Pick<Lease, 'taskId' | 'n'>): boolean {
  return sources.some(({ task, labels, parts }) => task.id === taskId && parts.some(({ id }) => id === labels.parts[n]) && labels.isOpen(n));
}

/** So many pictures that nobody has: in their order, and what the person has skipped last, the longest ago first. */
function choose(sources: readonly Source[], count: number, taken: ReadonlySet<string>, skipped: readonly Skip[]): Pick<Lease, 'taskId' | 'n'>[] {
  const chosen: Pick<Lease, 'taskId' | 'n'>[] = [];
  const last = new Set(skipped.map(keyOf));
  for (const { task, labels, parts } of sources) {
    for (const { runs } of parts) {
      for (let i = 0; i < runs.length; i += 2) {
        for (let n = runs[i]!; n < runs[i + 1]!; n++) {
          if (chosen.length >= count) return chosen;
          if (!labels.isOpen(n)) continue;
          const one = { taskId: task.id, n };
          if (!taken.has(keyOf(one)) && !last.has(keyOf(one))) chosen.push(one);
        }
      }
    }
  }
  const again = skipped.filter((skip) => !taken.has(keyOf(skip)) && isWaiting(sources, skip));
  return [...chosen, ...again.slice(0, count - chosen.length).map(({ taskId, n }) => ({ taskId, n }))];
}
