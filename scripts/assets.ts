/**
 * Puts what the browser loads beside the compiled modules: pages, styles, icons, and the libraries and fonts from node_modules.
 * Run by scripts/build after the compiler.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

const STATIC = new Set(['.html', '.css', '.svg', '.webmanifest', '.ico', '.png']);

/** [from node_modules, to dist/ui/vendor] */
const VENDOR: [string, string][] = [
  ['@alpinejs/csp/dist/module.esm.min.js', 'alpine.js'],
  ['uplot/dist/uPlot.iife.min.js', 'uplot.js'],
  ['uplot/dist/uPlot.min.css', 'uplot.css'],
  ['tus-js-client/dist/tus.min.js', 'tus.js'],
  ['pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css', 'pretendard/pretendard.css'],
  ['pretendard/dist/web/variable/woff2-dynamic-subset', 'pretendard/woff2-dynamic-subset'],
];

/** Comments and indentation are for us: without them the first load is smaller. */
function bare(css: string): string {
  return css.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\n\s+/g, '\n');
}

function copyStatic(from: string, to: string): void {
  for (const name of readdirSync(from)) {
    const source = join(from, name);
    if (statSync(source).isDirectory()) copyStatic(source, join(to, name));
    else if (STATIC.has(extname(name))) {
      mkdirSync(to, { recursive: true });
      if (extname(name) === '.css') writeFileSync(join(to, name), bare(readFileSync(source, 'utf8')));
      else cpSync(source, join(to, name));
    }
  }
}

copyStatic('ui', 'dist/ui');
for (const [from, to] of VENDOR) {
  const target = join('dist/ui/vendor', to);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(join('node_modules', from), target, { recursive: true });
}
