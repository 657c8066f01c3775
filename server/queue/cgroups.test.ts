/** What is written for the kernel. An ordinary folder stands for the cgroup: the machine of the tests need not have systemd. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  const groups = Cgroups.in(base, 4711, fail);
  const written = (...path: string[]) => readFileSync(join(base, ...path), 'utf8');
  assert.is(written('daemon/cgroup.procs'), '4711');
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

test('without the controllers nothing is touched', () => {
  const base = join(root, 'bare.service');
  mkdirSync(base);
  writeFileSync(join(base, 'cgroup.controllers'), 'cpu pids');
  assert.throws(() => Cgroups.in(base, 1, fail), /no memory controller/);
  assert.equal(readdirSync(base), ['cgroup.controllers']);
});

test.run();
