/**
 * Brings packages that are made of many small modules into a few files, dist/node_modules/NAME, where what is compiled finds them before the originals: Node
 * takes nearly a millisecond to load a module, and every start of the daemon and of a worker would pay it for each of them. Run by scripts/build after the
 * compiler.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const PACKAGES = [
  'typebox',
  'sharp',
  '@tus/server',
  '@tus/file-store',
  'fastify',
  '@fastify/cookie',
  '@fastify/helmet',
  '@fastify/rate-limit',
  '@fastify/static',
  'fast-json-stringify',
  'systeminformation',
];
const FROM = 'node_modules';
const TO = 'dist/node_modules';

type Target = string | { import: Target } | { default: string };
interface Manifest {
  version: string;
  license: string;
  /** Without it a package is a module of CommonJS, `main`. */
  exports?: string | Record<string, Target>;
  main?: string;
  /** Those for one kind of machine. */
  optionalDependencies?: Record<string, string>;
}

/** The file that an import of the package or of a part of it comes to. */
const fileOf = (target: Target): string => (typeof target === 'string' ? target : 'import' in target ? fileOf(target.import) : target.default);

const packages = PACKAGES.map((name) => {
  const manifest = JSON.parse(readFileSync(join(FROM, name, 'package.json'), 'utf8')) as Manifest;
  const { exports, main } = manifest;
  if (exports === undefined) return { name, manifest, isCommonJs: true, parts: [{ path: '.', file: main ?? 'index.js', out: 'package' }] };
  const parts = Object.entries(typeof exports === 'string' ? { '.': exports } : exports).map(([path, target]) => ({
    path,
    file: fileOf(target),
    out: path === '.' ? 'index' : path.slice('./'.length),
  }));
  return { name, manifest, isCommonJs: false, parts };
});

rmSync(TO, { recursive: true, force: true });
/** What Node finds in a module of CommonJS besides its default. Asked for here, where it finds the originals. */
const names = new Map<string, string[]>();
for (const { name } of packages.filter(({ isCommonJs }) => isCommonJs)) {
  const found = Object.keys(await import(name));
  names.set(
    name,
    found.filter((each) => each !== 'default' && each !== 'module.exports'),
  );
}
await build({
  entryPoints: packages.flatMap(({ name, parts }) => parts.map(({ file, out }) => ({ in: join(FROM, name, file), out: join(name, out) }))),
  outdir: TO,
  chunkNames: '.shared/[hash]',
  external: packages.flatMap(({ manifest }) => Object.keys(manifest.optionalDependencies ?? {})),
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // For what is not written as modules of ECMAScript.
  banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);" },
  logLevel: 'warning',
});
for (const { name, manifest, isCommonJs, parts } of packages) {
  const { version, license } = manifest;
  const exports = Object.fromEntries(parts.map(({ path, out }) => [path, `./${out}.js`]));
  if (isCommonJs) {
    // esbuild gives the whole as the default alone.
    const lines = ["import whole from './package.js';", 'export default whole;', `export const { ${names.get(name)!.join(', ')} } = whole;`];
    writeFileSync(join(TO, name, 'index.js'), `${lines.join('\n')}\n`);
    exports['.'] = './index.js';
  }
  writeFileSync(join(TO, name, 'package.json'), `${JSON.stringify({ name, version, license, type: 'module', exports }, null, 2)}\n`);
  for (const file of readdirSync(join(FROM, name)).filter((each) => /^licen[cs]e/i.test(each))) cpSync(join(FROM, name, file), join(TO, name, file));
}
writeFileSync(join(TO, '.shared/package.json'), '{ "type": "module" }\n');
