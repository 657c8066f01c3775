/** Every text key in the markup exists, says the same in both languages, and every icon is in the sprite. Needs no browser. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

words.run();
