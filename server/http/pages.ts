/**
 * The browser application: dist/ui as it lies there, and the modules of the server that the browser runs as well. Assets are served under a prefix that
 * holds a hash of them all, so browsers may keep them for ever and an update is seen at once. Below the prefix the folders are those of dist, so that
 * imports from one to the other hold. Every other address that a browser opens gets index.html, which finds its own way.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { StudioError } from '../errors.ts';

/** Of what the build puts beside the application, this is not for browsers. */
const HIDDEN = /(^|\/)(\.|e2e(\/|$)|.*\.test\.js$|.*\.tsbuildinfo$)/;
/** The geometry of shapes is one for the annotation screen and the server, and so are Korean particles and what projects can be made for. */
const SHARED = [
  ...['annotation', 'clip', 'geometry', 'raster', 'rings', 'rle', 'shapes'].map((name) => `server/labels/${name}.js`),
  'server/particles.js',
  'server/studio/projects/problems.js',
];
const CHECK_EVERY_MS = 1000;

/** Knows the hash of a folder's content and notices when it changes. */
class AssetHash {
  readonly #root: string;
  #fingerprint = '';
  #hash = '';
  #checkedAt = 0;
  #busy: Promise<string> | null = null;

  constructor(root: string) {
    this.#root = root;
  }

  get(): Promise<string> {
    if (this.#hash !== '' && Date.now() - this.#checkedAt < CHECK_EVERY_MS) return Promise.resolve(this.#hash);
    this.#busy ??= this.#refresh().finally(() => {
      this.#busy = null;
    });
    return this.#busy;
  }

  async #refresh(): Promise<string> {
    const own = (await readdir(join(this.#root, 'ui'), { recursive: true }).catch(() => [])).filter((name) => !HIDDEN.test(name)).sort();
    const names = [...own.map((name) => join('ui', name)), ...SHARED];
    const files: string[] = [];
    const fingerprint = createHash('sha256');
    for (const name of names) {
      const { size, mtimeMs } = await stat(join(this.#root, name)).catch(() => ({ size: -1, mtimeMs: 0 }));
      fingerprint.update(`${name}\0${size}\0${mtimeMs}\0`);
      if (extname(name) !== '') files.push(name);
    }
    const seen = fingerprint.digest('hex');
    if (seen !== this.#fingerprint) {
      const hash = createHash('sha256');
      for (const name of files) hash.update(`${name}\0`).update(await readFile(join(this.#root, name)).catch(() => ''));
      this.#hash = hash.digest('hex').slice(0, 16);
      this.#fingerprint = seen;
    }
    this.#checkedAt = Date.now();
    return this.#hash;
  }
}

export async function servePages(app: FastifyInstance, pages: string): Promise<void> {
  const root = dirname(pages);
  const assets = new AssetHash(root);
  await app.register(fastifyStatic, { root, serve: false });

  app.get('/assets/:hash/*', { config: { access: 'anyone' }, schema: { hide: true }, exposeHeadRoute: true }, async (request, reply) => {
    const { hash, '*': path } = request.params as { hash: string; '*': string };
    if (!SHARED.includes(path) && (!path.startsWith('ui/') || HIDDEN.test(path))) throw new StudioError('not_found');
    // A page of before an update asks with the old hash: it gets the new file, but nobody may keep it under the old name.
    const current = hash === (await assets.get());
    return current
      ? reply.sendFile(path, { immutable: true, maxAge: '365d' })
      : reply.header('cache-control', 'no-store').sendFile(path, { cacheControl: false });
  });

  app.setNotFoundHandler(async (request: FastifyRequest, reply: FastifyReply) => {
    if (!isPage(request)) throw new StudioError('not_found');
    const [html, hash] = await Promise.all([readFile(join(pages, 'index.html'), 'utf8').catch(() => null), assets.get()]);
    if (html === null) throw new StudioError('not_found');
    return reply
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(html.replaceAll('{{assets}}', `/assets/${hash}/ui`));
  });
}

function isPage({ method, url, headers }: FastifyRequest): boolean {
  const path = url.split('?')[0] ?? '';
  if ((method !== 'GET' && method !== 'HEAD') || path === '/api' || path.startsWith('/api/') || path.startsWith('/assets/')) return false;
  const accept = headers.accept ?? '';
  return accept.includes('text/html') || (!/\.[a-z0-9]{1,8}$/i.test(path) && (accept === '' || accept.includes('*/*')));
}
