/** Every text key in the markup exists, says the same in both languages, and every icon is in the sprite. Needs no browser. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const words = suite('words and icons');
const sources = readdirSync('ui', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.startsWith('e2e') && !name.startsWith('i18n') && name !== 'page.ts')
  .map((name) => ({ name, text: readFileSync(join('ui', name), 'utf8') }));

async function pairs(): Promise<Map<string, readonly [string, string]>> {
  const all = new Map<string, readonly [string, string]>();
  const folder = join('dist', 'ui', 'i18n', 'areas');
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.js'))) {
    const area = (await import(pathToFileURL(join(process.cwd(), folder, name)).href)) as { default: Record<string, readonly [string, string]> };
    for (const [key, pair] of Object.entries(area.default)) {
      assert.not(all.has(key), `${key} is in two areas`);
      all.set(key, pair);
    }
  }
  return all;
}

words('keys in the markup exist', async () => {
  const known = await pairs();
  const missing: string[] = [];
  for (const { name, text } of sources) {
    for (const [, key] of text.matchAll(/(?:x-t(?::[\w-]+)?="|\$t\('|x-hint=")([a-z][\w.-]*[\w])["']/g)) {
      if (key && !known.has(key)) missing.push(`${name}: ${key}`);
    }
  }
  assert.equal(missing, []);
});

words('both languages carry the same values and neither is empty', async () => {
  const values = (text: string) => [...new Set([...text.matchAll(/\{(\w+)/g)].map(([, name]) => name))].sort().join(' ');
  const wrong: string[] = [];
  for (const [key, [ko, en]] of await pairs()) {
    if (!ko.trim() || !en.trim() || values(ko) !== values(en) || /[가-힣]/.test(en.replace('한국어', ''))) wrong.push(`${key}: ${ko} | ${en}`);
  }
  assert.equal(wrong, []);
});

words('particles fit every value: none is written fast behind one', async () => {
  const wrong: string[] = [];
  for (const [key, [ko]] of await pairs()) {
    // {group} is what is to be typed there, no value.
    if (key !== 'split.pattern.wrong' && /\}["’”]*(을|를|은|는|이|가|과|와|으로|로)(?![가-힣])/.test(ko)) wrong.push(`${key}: ${ko}`);
  }
  assert.equal(wrong, []);
});

words('icons are in the sprite', () => {
  const sprite = new Set([...readFileSync('ui/icons/sprite.svg', 'utf8').matchAll(/<symbol id="([\w-]+)"/g)].map(([, id]) => id));
  const missing: string[] = [];
  for (const { name, text } of sources) {
    for (const [, id] of text.matchAll(/(?:\bicon\('|icon: '|x-icon="')([a-z][\w-]*)'/g)) if (id && !sprite.has(id)) missing.push(`${name}: ${id}`);
  }
  assert.equal(missing, []);
});

/** What a module brings with it when it is loaded, itself included. `later`: also what it loads when it is needed. */
function brought(from: string, later: boolean, all = new Set<string>()): Set<string> {
  const text = texts.get(from);
  if (text === undefined || all.has(from)) return all;
  all.add(from);
  for (const [, now, then] of text.matchAll(/^(?:import|export) (?!type )(?:[^;]*? from )?'(\.[^']+)'|import\('(\.[^']+)'\)/gm)) {
    if (now || later) brought(join(dirname(from), now ?? then ?? ''), later, all);
  }
  return all;
}
const texts = new Map(
  readdirSync('ui', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.startsWith('e2e'))
    .map((name) => [name, readFileSync(join('ui', name), 'utf8').replace(/^\s*(\*|\/\*|\/\/).*$/gm, '')] as const),
);

words('a page brings the texts that it shows, whichever page was open before', async () => {
  const areaOf = new Map<string, string>();
  for (const [name, text] of texts) {
    if (dirname(name) === join('i18n', 'areas')) for (const [, key] of text.matchAll(/^ {2}'([\w.-]+)': \[/gm)) areaOf.set(key ?? '', name);
  }
  const missing = new Set<string>();
  const frame = brought('main.ts', false);
  for (const [, address] of (texts.get('router.ts') ?? '').matchAll(/import\('\.\/(pages\/[\w-]+\.ts)'\)/g)) {
    const page = brought(address ?? '', true);
    for (const name of brought(address ?? '', false)) {
      for (const [, key] of (texts.get(name) ?? '').matchAll(
        /(?:x-t(?::[\w-]+)?="|\bt\('|x-hint="|(?:key|title|label|text|note|hint|unit): ')([a-z][\w-]*(?:\.[\w-]+)+)["']/g,
      )) {
        const area = areaOf.get(key ?? '');
        if (area && !page.has(area) && !frame.has(area)) missing.add(`${address}: ${key} of ${name}`);
      }
    }
  }
  assert.equal([...missing], []);
});

words.run();
