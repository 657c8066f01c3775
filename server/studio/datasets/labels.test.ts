import sharp from 'sharp';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ZipFile } from 'yazl';
import { type Client, Daemon, PASSWORD } from '../../daemon.fixture.ts';
import type { Dataset, ErrorReply, Project } from '../../http/schemas.ts';

let daemon: Daemon;
let dev: Client;

test.before(async () => {
  daemon = await Daemon.start();
  const admin = await daemon.setUp();
  await admin.ok('POST', '/api/users', { userId: 'dev', name: 'dev', password: PASSWORD, role: 'developer', groupIds: [1] });
  dev = await daemon.client().signIn('dev');
});
test.after(() => daemon.remove());

const request = (type: string, model: string) => ({ name: `${type} ${model}`, groupId: 1, description: '', type, model });
const projects = new Map<Project['model'], Promise<Project>>();
/** The image project of a kind. */
function projectFor(model: Project['model']): Promise<Project> {
  const found = projects.get(model) ?? dev.ok<Project>('POST', '/api/projects', request('image', model));
  projects.set(model, found);
  return found;
}

async function zip(files: readonly (readonly [name: string, content: Buffer | string])[]): Promise<Buffer> {
  const file = new ZipFile();
  for (const [name, content] of files) file.addBuffer(Buffer.from(content as Buffer), name);
  file.end();
  const chunks: Buffer[] = [];
  for await (const chunk of file.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const png = (width = 40, height = 30, red = 200) =>
  sharp({ create: { width, height, channels: 3, background: { r: red, g: 90, b: 40 } } })
    .png()
    .toBuffer();

async function make(model: Project['model'], files: readonly (readonly [string, Buffer | string])[], name: string = model): Promise<Dataset> {
  const { id } = await projectFor(model);
  const uploadId = await dev.upload('data.zip', await zip(files));
  const made = await dev.ok<Dataset>('POST', `/api/projects/${id}/datasets`, { name, description: '', visibility: 'private', uploadId });
  return dev.until<Dataset>(`/api/datasets/${made.id}`, ({ status }) => status === 'ready');
}

test('a project is made for a problem that there is; others are refused', async () => {
  for (const [type, model] of [
    ['image', 'regression'],
    ['tabular', 'detection'],
  ] as const) {
    const { status, body } = await dev.call<ErrorReply>('POST', '/api/projects', request(type, model));
    assert.equal([status, body.code], [400, 'problem_unknown']);
  }
  for (const model of ['classification', 'regression', 'clustering', 'dimension_reduction']) {
    assert.is((await dev.ok<Project>('POST', '/api/projects', request('tabular', model))).model, model);
  }
});

test('where there is no trainer yet, a dataset says so', async () => {
  const dataset = await make('detection', [
    ['a.png', await png()],
    ['b.png', await png()],
  ]);
  assert.equal([dataset.problem, dataset.exportBlockedBy, dataset.labelRevision, dataset.labelledCount], ['detection', 'problem_without_trainer', null, 0]);
});

test.run();
