import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { swiftshader } from '../engine/devices/swiftshader.fixture.ts';
import { StudioError } from '../errors.ts';
import { Devices } from './devices.ts';

// The processes that try a device are real; which GPUs there are is set by the environment.

const faults: string[] = [];
const log = (error: unknown, about: string) => void faults.push(`${about}: ${error}`);
const withGpu = { gpu: 'any', device: 'auto' } as const;

async function within<T>(environment: Record<string, string>, work: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, environment);
  try {
    return await work();
  } finally {
    process.env = before;
  }
}

const noGpu = { VK_ICD_FILENAMES: '/nonexistent.json', CUDA_VISIBLE_DEVICES: '' };

async function settled(devices: Devices) {
  for (;;) {
    const report = devices.report();
    if (report.every(({ state }) => state !== 'looking')) return report;
    await new Promise((wait) => setTimeout(wait, 50));
  }
}

test('without a GPU everything runs on the CPU; what is missing is said in both languages', () =>
  within(noGpu, async () => {
    const devices = new Devices({ setting: 'auto', hasGpu: false, log });
    assert.equal(
      devices.report().map(({ state }) => state),
      ['looking', 'looking', 'ready'],
    );
    const report = await settled(devices);
    assert.equal(
      report.map(({ state }) => state),
      ['unusable', 'unusable', 'ready'],
    );
    assert.equal(
      report.map(({ chosen }) => chosen),
      [false, false, true],
    );
    const [cuda, webgpu] = report;
    assert.ok(['device_not_installed', 'device_no_gpu', 'device_unsupported'].includes(cuda!.reason!.code), cuda!.reason!.code);
    assert.is(webgpu!.reason!.code, 'device_no_gpu');
    assert.match(webgpu!.reason!.ko, /WebGPU에서 사용할 수 있는 GPU/);
    assert.match(webgpu!.reason!.en, /No GPU/);
    assert.match(webgpu!.details ?? '', /adapter/i);
    assert.equal(await devices.choose({ gpu: null, device: 'auto' }, null), { name: 'cpu', index: null, fallback: false, why: null });
    assert.equal(await devices.choose(null, null), { name: 'cpu', index: null, fallback: false, why: null });
    // A preset with a GPU that cannot be used.
    const choice = await devices.choose(withGpu, 0);
    assert.is(choice.name, 'cpu');
    assert.match(choice.why?.en ?? '', /No GPU, or no driver of one, was found that WebGPU can use/);
    const refused = await devices.choose({ gpu: 'any', device: 'webgpu' }, 0).then(
      () => null,
      (error: unknown) => error,
    );
    assert.ok(refused instanceof StudioError && refused.code === 'device_refused');
  }));

test('a GPU that is only software works but is not chosen by itself; where it is named, it is', () =>
  within({ ...noGpu, ...swiftshader }, async () => {
    const devices = new Devices({ setting: 'auto', hasGpu: true, log });
    const choice = await devices.choose(withGpu, 0);
    assert.is(choice.name, 'cpu');
    assert.match(choice.why?.en ?? '', /WebGPU works, but not faster than the CPU/);
    assert.equal(await devices.choose({ gpu: null, device: 'webgpu' }, null), {
      name: 'webgpu',
      index: null,
      fallback: false,
      why: { ko: '설정에서 지정했습니다.', en: 'The settings say so.' },
    });
    assert.is(devices.report()[1]!.state, 'slow');
    const named = new Devices({ setting: 'cpu', hasGpu: true, log });
    assert.is((await named.choose(withGpu, 0)).name, 'cpu');
  }));

test('what a driver prints around the answer does not hide it; an output without an answer is a crash', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ai-studio-test-'));
  const driver = join(folder, 'driver.cjs');
  const prints = (where: string) => `if (process.argv[1]?.endsWith('probe.js')) ${where};\n`;
  const lines = JSON.stringify('{"driver": 1}\n7\nnull\nthe driver says good-bye\n');
  const look = () => within({ ...noGpu, NODE_OPTIONS: `--require ${driver}` }, () => settled(new Devices({ setting: 'auto', hasGpu: true, log })));
  try {
    writeFileSync(driver, prints(`process.on('exit', () => require('node:fs').writeSync(1, ${lines}))`));
    assert.is((await look())[1]!.reason!.code, 'device_no_gpu');
    writeFileSync(driver, prints(`{ require('node:fs').writeSync(1, ${lines}); process.exit(0); }`));
    const [, mute] = await look();
    assert.is(mute!.reason!.code, 'device_crashed');
    assert.match(mute!.details ?? '', 'no answer');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a driver that takes its process down costs nothing but a sentence, and can be tried again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ai-studio-test-'));
  const crash = join(folder, 'crash.cjs');
  writeFileSync(crash, "if (process.argv[1]?.endsWith('probe.js')) process.abort();\n");
  try {
    const devices = new Devices({ setting: 'auto', hasGpu: true, log });
    const choice = await within({ NODE_OPTIONS: `--require ${crash}` }, () => devices.choose(withGpu, 0));
    assert.is(choice.name, 'cpu');
    assert.match(choice.why?.en ?? '', /The process that tried CUDA crashed\..*The process that tried WebGPU crashed/);
    assert.ok(faults.some((fault) => fault.startsWith('trying cuda')));
    await within(noGpu, async () => {
      assert.is(devices.report(true)[1]!.state, 'looking');
      assert.is((await settled(devices))[1]!.reason!.code, 'device_no_gpu');
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
