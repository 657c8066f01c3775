/**
 * What is written for the kernel, with an ordinary folder for the cgroup: the machine of the tests need not have systemd. What the kernel makes of it is tested
 * where it can be, as in `systemd-run --wait --pipe -p Delegate='cpu memory' -p OOMPolicy=continue node dist/server/queue/cgroups.test.js`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Cgroups, delegatedTo, limitsOf } from './cgroups.ts';

const test = suite('cgroups');
const root = mkdtempSync(join(tmpdir(), 'ai-studio-cgroups-'));
test.after(() => rmSync(root, { recursive: true, force: true }));

const fail = (error: unknown) => {
  throw error;
};

test('only a service of systemd has a cgroup to divide', () => {
  const service = '0::/system.slice/ai-studio.service\n';
  assert.is(delegatedTo(service, 'abc', root), null, 'no version 2 here');
  writeFileSync(join(root, 'cgroup.controllers'), 'cpu memory');
  assert.is(delegatedTo(service, 'abc', root), join(root, 'system.slice/ai-studio.service'));
  assert.is(delegatedTo('0::/system.slice/ai-studio.service/daemon\n', 'abc', root), join(root, 'system.slice/ai-studio.service'));
  assert.is(delegatedTo(service, undefined, root), null, 'started by hand');
  assert.is(delegatedTo('0::/user.slice/user-1000.slice/session-2.scope\n', 'abc', root), null);
  assert.is(delegatedTo(`4:memory:/x\n${service}`, 'abc', root), null, 'version 1 beside it');
});

test('a job gets its memory and its cores, the daemon a place of its own', async () => {
  const base = join(root, 'system.slice/ai-studio.service');
  mkdirSync(join(base, 'job-7'), { recursive: true });
  writeFileSync(join(base, 'cgroup.controllers'), 'cpuset cpu io memory pids\n');
  writeFileSync(join(base, 'cgroup.procs'), '4712\n');
  const groups = await Cgroups.in(base, 4711, fail);
  const written = (...path: string[]) => readFileSync(join(base, ...path), 'utf8');
  assert.is(written('daemon/cgroup.procs'), '4712', 'what the daemon has started goes with it');
  assert.is(written('daemon/cpu.weight'), '1000');
  assert.is(written('cgroup.subtree_control'), '+cpu +memory');
  assert.is(existsSync(join(base, 'job-7')), false, 'what a daemon that died has left is gone');
  groups.confine({ id: 8, pid: 99, cores: 1.5, memoryMb: 2000 });
  assert.equal(Object.fromEntries(readdirSync(join(base, 'job-8')).map((file) => [file, written('job-8', file)])), {
    'cgroup.procs': '99',
    'cpu.max': '150000 100000',
    'memory.max': String(2164 * 2 ** 20),
    'memory.oom.group': '1',
    'memory.swap.max': '0',
  });
  // The kernel removes a cgroup with its files.
  for (const file of readdirSync(join(base, 'job-8'))) rmSync(join(base, 'job-8', file));
  await groups.release(8);
  assert.is(existsSync(join(base, 'job-8')), false);
  assert.is(limitsOf({ cores: null, memoryMb: 1 })[3]!.file, 'cpu.weight');
  assert.is(limitsOf({ cores: 0.001, memoryMb: 1 })[3]!.value, '1000 100000', 'the least that the kernel takes');
});

test('without the controllers nothing is touched', async () => {
  const base = join(root, 'bare.service');
  mkdirSync(base);
  writeFileSync(join(base, 'cgroup.controllers'), 'cpu pids');
  const refused = await Cgroups.in(base, 1, fail).catch((error: Error) => error.message);
  assert.match(String(refused), 'no memory controller');
  assert.equal(readdirSync(base), ['cgroup.controllers']);
});

// ---------------------------------------------------------------- the kernel's part

let reason = 'this process is not in a cgroup that systemd has delegated to a service (version 2 alone)';
const kernel = await Cgroups.find((error) => (reason = String(error)));
const base = kernel === null ? '' : delegatedTo(readFileSync('/proc/self/cgroup', 'utf8'), process.env.INVOCATION_ID)!;
const withKernel = kernel === null ? test.skip : test;
if (kernel === null) console.log(`skipped, what the kernel does with the limits: ${reason}`);
const told = (id: number, file: string) => readFileSync(join(base, `job-${id}`, file), 'utf8').trim();

/** A process that does `script` once it is confined. */
function confined(
  id: number,
  script: string,
  share: { cores: number | null; memoryMb: number },
): { child: ChildProcess; ended: Promise<NodeJS.Signals | null> } {
  const child = spawn(process.execPath, ['-e', `process.stdin.once('data', () => { ${script} })`], { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise<NodeJS.Signals | null>((done) => child.once('exit', (_code, signal) => done(signal)));
  kernel!.confine({ id, pid: child.pid!, ...share });
  child.stdin!.write('go');
  return { child, ended };
}

const isThere = (pid: number) => existsSync(`/proc/${pid}`);

withKernel('who eats memory is ended alone and whole, by the kernel, and its cgroup goes', async () => {
  const share = { cores: 1, memoryMb: 200 };
  const modest = confined(1, 'setInterval(() => {}, 1000)', share);
  // Half of it in a process of its own, of which a watchdog inside of the worker knows nothing.
  const eat = 'const all = []; setInterval(() => all.push(Buffer.alloc(4 << 20, 1)), 5);';
  const greedy = confined(2, `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(eat)}]); ${eat}`, share);
  assert.is(told(2, 'memory.max'), String(274 * 2 ** 20));
  assert.equal([told(2, 'memory.swap.max'), told(2, 'memory.oom.group'), told(2, 'cpu.max')], ['0', '1', '100000 100000']);
  let processes: string[] = [];
  while (processes.length < 2 && isThere(greedy.child.pid!)) {
    await sleep(2);
    processes = told(2, 'cgroup.procs').split('\n');
  }
  assert.is(await greedy.ended, 'SIGKILL');
  assert.is(kernel!.ranOutOfMemory(2), true);
  await kernel!.release(2);
  assert.is(existsSync(join(base, 'job-2')), false);
  for (const pid of processes) assert.is(isThere(Number(pid)), false, 'and what it had started');
  assert.is(kernel!.ranOutOfMemory(1), false);
  assert.is(modest.child.exitCode ?? modest.child.signalCode, null);
  modest.child.kill('SIGKILL');
  await modest.ended;
  assert.is(kernel!.ranOutOfMemory(1), false, 'killed by a person');
  await kernel!.release(1);
  assert.is(kernel!.ranOutOfMemory(1), null);
});

withKernel('more cores than it was given it never gets', async () => {
  const busy = confined(3, 'for (;;);', { cores: 0.25, memoryMb: 200 });
  const light = confined(4, 'setInterval(() => {}, 1000)', { cores: null, memoryMb: 200 });
  assert.equal([told(3, 'cpu.max'), told(4, 'cpu.weight'), told(4, 'cpu.max')], ['25000 100000', '20', 'max 100000']);
  while (!/^nr_throttled [1-9]/m.test(told(3, 'cpu.stat'))) await sleep(20);
  for (const { child } of [busy, light]) child.kill('SIGKILL');
  await Promise.all([kernel!.release(3), kernel!.release(4)]);
});

withKernel('what a daemon that died has left is ended and cleared away at the next start', async () => {
  const left = confined(5, "require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])", { cores: 1, memoryMb: 200 });
  await Cgroups.in(base, process.pid, fail);
  assert.is(await left.ended, 'SIGKILL');
  assert.equal(
    readdirSync(base).filter((name) => name.startsWith('job-')),
    [],
  );
});

test.run();
