/** For tests: a daemon with a reviewer, three annotators of the group, and projects with unlabelled pictures. */
import sharp from 'sharp';
import { ZipFile } from 'yazl';
import { type Client, Daemon, PASSWORD } from '../../daemon.fixture.ts';
import type { AnnotationClasses, AnnotationTask, PictureSave, PictureSaved } from '../../http/annotation-schemas.ts';
import type { Dataset, ErrorReply, ModelKind, Project } from '../../http/schemas.ts';

export const WIDTH = 40;
export const HEIGHT = 30;

export interface Person {
  id: number;
  client: Client;
}

export class AnnotationRoom {
  readonly daemon: Daemon;
  admin!: Client;
  readonly people = new Map<string, Person>();

  private constructor(daemon: Daemon) {
    this.daemon = daemon;
  }

  static async open(...options: string[]): Promise<AnnotationRoom> {
    const room = new AnnotationRoom(await Daemon.start(...options));
    room.admin = await room.daemon.setUp();
    for (const [userId, role] of [
      ['dev', 'developer'],
      ['colleague', 'developer'],
      ['ann', 'annotator'],
      ['ben', 'annotator'],
      ['cho', 'annotator'],
    ]) {
      const { id } = await room.admin.ok<{ id: number }>('POST', '/api/users', { userId, name: `${userId} name`, password: PASSWORD, role, groupIds: [1] });
      room.people.set(userId!, { id, client: await room.daemon.client().signIn(userId!) });
    }
    return room;
  }

  /** Starts the daemon again on its data; everyone is still signed in. `meanwhile`: what is done to the data before. */
  async restart(signal?: NodeJS.Signals, meanwhile?: () => Promise<void>): Promise<void> {
    await this.daemon.end(signal);
    await meanwhile?.();
    await this.daemon.launch();
    for (const client of [this.admin, ...[...this.people.values()].map((person) => person.client)]) client.url = this.daemon.url;
  }

  id(userId: string): number {
    return this.people.get(userId)!.id;
  }

  client(userId: string): Client {
    return this.people.get(userId)!.client;
  }

  async project(name: string, model: ModelKind = 'classification'): Promise<Project> {
    return this.client('dev').ok<Project>('POST', '/api/projects', { name, groupId: 1, description: '', type: 'image', model });
  }

  /** A dataset of so many pictures without labels; the ones with an even number are reddish, the others greenish. */
  async dataset(project: Project, count: number, name = 'parts'): Promise<Dataset> {
    const dev = this.client('dev');
    const uploadId = await dev.upload(`${name}.zip`, await pictures(count));
    const { id } = await dev.ok<Dataset>('POST', `/api/projects/${project.id}/datasets`, { name, description: '', visibility: 'private', uploadId });
    return dev.until<Dataset>(`/api/datasets/${id}`, ({ status }) => status === 'ready', 180 + count / 50);
  }

  /** A task of `count` pictures, divided among the people, with the classes OK (1) and NG (2). */
  async task(name: string, { model = 'classification' as ModelKind, count = 9, people = ['ann', 'ben', 'cho'], kiosk = false } = {}): Promise<AnnotationTask> {
    const dataset = await this.dataset(await this.project(name, model), count);
    const dev = this.client('dev');
    const task = await dev.ok<AnnotationTask>('POST', `/api/datasets/${dataset.id}/annotation`, { annotatorIds: people.map((one) => this.id(one)), kiosk });
    for (const one of ['OK', 'NG']) await dev.ok<AnnotationClasses>('POST', `/api/annotation/tasks/${task.id}/classes`, { name: one });
    return dev.ok<AnnotationTask>('GET', `/api/annotation/tasks/${task.id}`);
  }

  /** Saves a picture; what the daemon answers. */
  save(userId: string, task: number, n: number, request: PictureSave) {
    return this.client(userId).call<PictureSaved & ErrorReply>('PUT', `/api/annotation/tasks/${task}/pictures/${n}`, request);
  }

  /** Labels all that is left of a task as its reviewer: even numbers with the first class, the others with the second. */
  async labelAll(task: AnnotationTask): Promise<void> {
    for (let n = 0; n < task.count; n++) {
      const saved = await this.save('dev', task.id, n, { base: 0, state: 'done', label: 1 + (n % 2) });
      if (saved.status !== 200) throw new Error(JSON.stringify(saved.body));
    }
  }

  async remove(): Promise<void> {
    await this.daemon.remove();
  }
}

/** Beyond so many the pictures are the same again. */
const KINDS = 512;

export async function pictures(count: number): Promise<Buffer> {
  const kinds = await Promise.all(Array.from({ length: Math.min(count, KINDS) }, (_, n) => onePicture(n)));
  const file = new ZipFile();
  for (let n = 0; n < count; n++) file.addBuffer(kinds[n % KINDS]!, `part-${String(n).padStart(6, '0')}.png`, { compress: false });
  file.end();
  const chunks: Buffer[] = [];
  for await (const chunk of file.outputStream) chunks.push(chunk as Buffer);
  // So many took their time, and the daemon has closed idle connections meanwhile: the client must hear of it before it sends on one of them.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return Buffer.concat(chunks);
}

function onePicture(n: number): Promise<Buffer> {
  const background = { r: n % 2 === 0 ? 200 : 30, g: n % 2 === 0 ? 40 : 190, b: (n * 37) % 256 };
  return sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background } })
    .png()
    .toBuffer();
}
