/**
 * Runs every compiled *.test.js in a process of its own, a few at a time, and sums up. uvu alone exits with 0 when a file forgets test.run(), so a file
 * that reports no test counts as failed here; so do a crash, a time-out and a finding of Biome.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

const FILE_LIMIT_MS = 1_200_000;
/** One more than there are cores, since a test often waits for its daemon. */
const LANES = Math.min(4, availableParallelism() + 1);

interface Outcome {
  name: string;
  passed: number;
  failed: number;
  skipped: number;
  seconds: number;
  output: string;
}

function run(command: string, args: string[]): Promise<{ code: number | null; output: string; seconds: number }> {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' }, detached: true });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    // The whole process group: a test's daemon and its workers must not outlive it.
    const timer = setTimeout(() => {
      output += `\nstopped after ${FILE_LIMIT_MS / 1000} s\n`;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, FILE_LIMIT_MS);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output, seconds: (performance.now() - started) / 1000 });
    });
  });
}

async function lint(): Promise<Outcome> {
  const { code, output, seconds } = await run('node_modules/.bin/biome', ['check', '--error-on-warnings', '.']);
  return { name: 'biome check', passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0, seconds, output };
}

async function testFile(file: string): Promise<Outcome> {
  const { code, output, seconds } = await run(process.execPath, [file]);
  const count = (label: string): number => Number(output.match(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'm'))?.[1] ?? 0);
  const [total, passed, skipped] = [count('Total'), count('Passed'), count('Skipped')];
  // uvu does not count the skipped ones among the total.
  let failed = total - passed;
  let note = '';
  if (total === 0) {
    failed = 1;
    note = '\nThis file ran no test (is test.run() missing?)\n';
  } else if (code !== 0 && failed === 0) {
    failed = 1;
    note = `\nEnded with code ${code} although its tests passed\n`;
  }
  return { name: file.replace(/^dist\//, '').replace(/\.js$/, '.ts'), passed, failed, skipped, seconds, output: output + note };
}

function report(outcome: Outcome): void {
  const { name, passed, failed, skipped, seconds } = outcome;
  console.log(
    `${failed > 0 ? 'FAIL' : 'ok  '} ${name}  ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}  ${seconds.toFixed(1)} s`,
  );
  if (failed > 0) console.log(outcome.output.replace(/^/gm, '     '));
  else for (const [why] of outcome.output.matchAll(/^skipped, .*$/gm)) console.log(`     ${why}`);
}

/**
 * The long ones first, so that in the end no lane works alone: those with a browser, those with a daemon, workers or the runtime for models, the others; of
 * each kind the largest first.
 */
function order(file: string): [rank: number, size: number] {
  const rank = file.includes('e2e') ? 0 : /\.fixture\.js|onnxruntime|devices\//.test(readFileSync(file, 'utf8')) ? 1 : 2;
  return [rank, -statSync(file).size];
}

const part = process.argv[2] ?? '';
const files = ['server', 'scripts', 'ui']
  .flatMap((folder) => readdirSync(join('dist', folder), { recursive: true, encoding: 'utf8' }).map((name) => join('dist', folder, name)))
  .filter((name) => name.endsWith('.test.js') && name.includes(part))
  .map((name) => ({ name, order: order(name) }))
  .sort((a, b) => a.order[0] - b.order[0] || a.order[1] - b.order[1])
  .map(({ name }) => name);
const none = files.length === 0;
if (none) console.log(`No test file matches "${part}".`);

const queue = files.map((file) => () => testFile(file));
if (part === '') queue.unshift(lint);
const outcomes: Outcome[] = [];
async function lane(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const outcome = await next();
    report(outcome);
    outcomes.push(outcome);
  }
}

await Promise.all(Array.from({ length: LANES }, lane));

const sum = (key: 'passed' | 'failed' | 'skipped'): number => outcomes.reduce((total, outcome) => total + outcome[key], 0);
const [passed, skipped] = [sum('passed'), sum('skipped')];
const failed = sum('failed') + (none ? 1 : 0);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);
