/**
 * Brings packages that are made of many small modules into a few files, dist/node_modules/NAME, where what is compiled finds them before the originals: Node
 * takes nearly a millisecond to load a module, and every start of the daemon and of a worker would pay it for each of them. Run by scripts/build after the
 * compiler.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const PACKAGES = ['typebox', 'sharp', '@tus/server', '@tus/file-store'];
const FROM = 'node_modules';
const TO = 'dist/node_modules';

type Target = string | { import: Target } | { default: string };
interface Manifest {
  version: string;
  license: string;
  exports: string | Record<string, Target>;
  /** Those for one kind of machine. */
  optionalDependencies?: Record<string, string>;
}

/** The file that an import of the package or of a part of it comes to. */
const fileOf = (target: Target): string => (typeof target === 'string' ? target : 'import' in target ? fileOf(target.import) : target.default);

const packages = PACKAGES.map((name) => {
  const manifest = JSON.parse(readFileSync(join(FROM, name, 'package.json'), 'utf8')) as Manifest;
  const exports = typeof manifest.exports === 'string' ? { '.': manifest.exports } : manifest.exports;
  const parts = Object.entries(exports).map(([path, target]) => ({ path, file: fileOf(target), out: path === '.' ? 'index' : path.slice('./'.length) }));
  return { name, manifest, parts };
});

rmSync(TO, { recursive: true, force: true });
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
for (const { name, manifest, parts } of packages) {
  const { version, license } = manifest;
  const exports = Object.fromEntries(parts.map(({ path, out }) => [path, `./${out}.js`]));
  writeFileSync(join(TO, name, 'package.json'), `${JSON.stringify({ name, version, license, type: 'module', exports }, null, 2)}\n`);
  for (const file of readdirSync(join(FROM, name)).filter((each) => /^licen[cs]e/i.test(each))) cpSync(join(FROM, name, file), join(TO, name, file));
}
writeFileSync(join(TO, '.shared/package.json'), '{ "type": "module" }\n');
