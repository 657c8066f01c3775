import { readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PLACES } from './notifications.ts';

test('each page that a notification can lead to is there, for whoever is notified', async () => {
  const router = await readFile('ui/router.ts', 'utf8');
  const entries = [...router.matchAll(/path: '([^']+)'(?:(?!path: ')[\s\S])*/g)];
  const pages = new Map(entries.map(([entry, path]) => [path!, entry]));
  assert.ok(pages.size > 20, `only ${pages.size} pages were found in the router`);
  for (const place of PLACES) assert.ok(pages.has(place), `no page has the address ${place}`);
  assert.not.match(pages.get('/annotations/:id')!, /who: '/, 'annotators open it, too');
});

test.run();
