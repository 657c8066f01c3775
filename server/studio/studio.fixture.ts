/** For tests: a daemon with a developer, a project and a dataset of pictures that a small network tells apart in a few steps. */
import sharp from 'sharp';
import { ZipFile } from 'yazl';
import { type Client, Daemon, PASSWORD } from '../daemon.fixture.ts';
import type { Dataset, Experiment, ExperimentDetails, Parameters, Project, RunConfig, Split } from '../http/schemas.ts';

export const SPLIT: Split = { training: 60, validation: 20, test: 20, seed: 42, stratify: true };
export const PARAMETERS: Parameters = {
  batch_size: 8,
  epoch: 2,
  learning_rate: 0.01,
  momentum: 0.9,
  weight_decay: 0.0005,
  input_size: 16,
  augment: false,
};
/** One core each, so that two run at once on the smallest machine. */
export const PRESET = 'CPU small';

export interface Workshop {
  daemon: Daemon;
  admin: Client;
  dev: Client;
  /** Of the same group; may look. */
  colleague: Client;
  project: Project;
  dataset: Dataset;
  /** Export to Experiment. */
  draft(): Promise<Experiment>;
  /** Trained for an epoch. */
  trained(): Promise<Experiment>;
  /** Starts the daemon again on its data; everyone is still signed in. */
  restart(): Promise<void>;
}

export async function openWorkshop(...options: string[]): Promise<Workshop> {
  const daemon = await Daemon.start(...options);
  const admin = await daemon.setUp();
  for (const userId of ['dev', 'colleague']) {
    await admin.ok('POST', '/api/users', { userId, name: userId, password: PASSWORD, role: 'developer', groupIds: [1] });
  }
  const dev = await daemon.client().signIn('dev');
  const project = await dev.ok<Project>('POST', '/api/projects', { name: 'Screws', groupId: 1, description: '', type: 'image', model: 'classification' });
  const uploadId = await dev.upload('screws.zip', await screws(15));
  const { id } = await dev.ok<Dataset>('POST', `/api/projects/${project.id}/datasets`, { name: 'screws', description: '', visibility: 'private', uploadId });
  const dataset = await dev.until<Dataset>(`/api/datasets/${id}`, ({ status }) => status === 'ready');
  const workshop: Workshop = {
    daemon,
    admin,
    dev,
    colleague: await daemon.client().signIn('colleague'),
    project,
    dataset,
    draft: () => workshop.dev.ok<Experiment>('POST', `/api/projects/${project.id}/experiments`, { datasetId: dataset.id }),
    trained: async () => {
      const { id } = await workshop.draft();
      const config: RunConfig = { split: SPLIT, algorithm: 'smallnet', parameters: { ...PARAMETERS, epoch: 1 }, preset: PRESET };
      await workshop.dev.ok('POST', `/api/experiments/${id}/run`, config);
      const { experiment } = await workshop.dev.until<ExperimentDetails>(`/api/experiments/${id}`, (details) => isOver(details.experiment));
      if (experiment.status !== 'succeeded') throw new Error(JSON.stringify(experiment));
      return experiment;
    },
    restart: async () => {
      await daemon.launch();
      for (const client of [workshop.admin, workshop.dev, workshop.colleague]) client.url = daemon.url;
    },
  };
  return workshop;
}

/** Two classes; three pictures each of one part: OK/p0_0.png, OK/p0_1.png, … */
async function screws(perClass: number): Promise<Buffer> {
  const file = new ZipFile();
  for (let i = 0; i < perClass; i++) {
    const part = `p${Math.floor(i / 3)}_${i % 3}.png`;
    file.addBuffer(await picture(20, 220, i), `OK/${part}`);
    file.addBuffer(await picture(220, 20, i), `NG/n${part}`);
  }
  file.end();
  const chunks: Buffer[] = [];
  for await (const chunk of file.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function picture(red: number, green: number, seed: number): Promise<Buffer> {
  return sharp({ create: { width: 24, height: 20, channels: 3, background: { r: red, g: green, b: (seed * 37) % 256 } } })
    .png()
    .toBuffer();
}

export const isOver = ({ status }: Experiment) => !['pending', 'running'].includes(status);
