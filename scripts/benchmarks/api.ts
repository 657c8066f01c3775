/**
 * How fast does the daemon answer while a training uses every core? Starts a daemon on data of its own, trains the sample project on all cores and
 * reads the pages' addresses meanwhile. Prints a JSON line an address: p50_ms, p99_ms, worst_ms over --requests (default 400) reads, idle and busy.
 *
 *     ./scripts/bench api [--requests 400]
 */
import { parseArgs } from 'node:util';
import { Daemon } from '../../server/daemon.fixture.ts';
import type { Algorithm, Dataset, Experiment, ExperimentDetails, Preset, Project } from '../../server/http/schemas.ts';

const { values } = parseArgs({ options: { requests: { type: 'string', default: '400' } } });
const requests = Number(values.requests);

const daemon = await Daemon.start();
try {
  const client = await daemon.setUp();
  const project = await client.ok<Project>('POST', '/api/projects/sample', {});
  const [dataset] = await client.until<Dataset[]>(`/api/projects/${project.id}/datasets`, (list) => list[0]?.status === 'ready', 120);
  const draft = await client.ok<Experiment>('POST', `/api/projects/${project.id}/experiments`, { datasetId: dataset!.id });
  const paths = [
    '/api/session',
    '/api/projects',
    `/api/projects/${project.id}/datasets`,
    `/api/datasets/${dataset!.id}/items?limit=60`,
    `/api/datasets/${dataset!.id}/thumbnails/3`,
    `/api/experiments/${draft.id}`,
    '/api/jobs',
    '/api/monitor',
  ];

  async function measure(load: 'idle' | 'training'): Promise<void> {
    const times = new Map<string, number[]>(paths.map((path) => [path, []]));
    for (let i = 0; i < requests; i++) {
      for (const path of paths) {
        const started = performance.now();
        const { status } = await client.call('GET', path);
        if (status !== 200) throw new Error(`${path}: ${status}`);
        times.get(path)!.push(performance.now() - started);
      }
    }
    for (const [path, list] of times) {
      list.sort((a, b) => a - b);
      const at = (share: number) => Number(list[Math.min(list.length - 1, Math.floor(share * list.length))]!.toFixed(2));
      console.log(JSON.stringify({ bench: 'api', load, path: path.replace(/\d+/g, 'N'), requests, p50_ms: at(0.5), p99_ms: at(0.99), worst_ms: at(1) }));
    }
  }

  await measure('idle');
  const [algorithm] = await client.ok<Algorithm[]>('GET', `/api/algorithms?classes=${dataset!.classes.length}&size=128`);
  const presets = (await client.ok<Preset[]>('GET', '/api/presets')).filter((preset) => preset.fits);
  const largest = presets.reduce((best, preset) => (preset.cores > best.cores ? preset : best));
  await client.ok('POST', `/api/experiments/${draft.id}/run`, {
    split: { training: 80, validation: 10, test: 10, seed: 42, stratify: true },
    algorithm: algorithm!.name,
    parameters: { ...algorithm!.defaults, input_size: 128, epoch: 1000 },
    preset: largest.name,
  });
  await client.until<ExperimentDetails>(`/api/experiments/${draft.id}`, (details) => (details.job?.progress?.done ?? 0) > 0, 120);
  await measure('training');
} finally {
  await daemon.remove();
}
