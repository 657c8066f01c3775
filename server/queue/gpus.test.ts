/** What nvidia-smi answers, read through a stand-in: the machine of the tests has no GPU of NVIDIA's. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readGpuProcesses, readGpus } from '../engine/devices/gpus.ts';
import { GpuWatchdog } from './gpu-watchdog.ts';
import { nvidiaSmi } from './nvidia-smi.fixture.ts';

const test = suite('gpus');

test('GPUs and the memory of their processes', async () => {
  const smi = await nvidiaSmi();
  const rtx = { name: 'NVIDIA GeForce RTX 3090', totalMb: 24576 };
  await smi.says({ ...rtx, processes: [{ pid: 4711, memory: '1964 MiB' }] });
  const figures = { name: rtx.name, memoryMb: 24576, usedMb: 2310, utilization: 37, temperature: 61 };
  assert.equal(await readGpus(), [figures], 'a lone one');
  assert.equal([...(await readGpuProcesses())!], [[4711, 1964]]);

  const both = [
    { pid: 4711, memory: '1964 MiB' },
    { pid: 12, memory: '8 MiB' },
  ];
  await smi.says({ ...rtx, processes: both }, { name: 'NVIDIA T4', totalMb: 15360, processes: [{ pid: 4711, memory: '36 MiB' }] });
  assert.equal((await readGpus())!.length, 2);
  assert.equal(
    [...(await readGpuProcesses())!],
    [
      [4711, 2000],
      [12, 8],
    ],
  );

  await smi.says({ ...rtx, processes: '' }, { ...rtx, processes: 'None' }, { ...rtx, processes: 'N/A' }, { ...rtx, processes: [{ pid: 4711, memory: 'N/A' }] });
  assert.equal([...(await readGpuProcesses())!], [], 'nothing runs, or the driver does not tell');
  await smi.remove();
});

test('only who is over several times in a row is over, and is told once', async () => {
  const readings: (Map<number, number> | null)[] = [900, 1100, 1100, 900, 1100, null, 1100, 1200, 1300, 1300].map((mb) =>
    mb === null
      ? null
      : new Map([
          [7, mb],
          [8, 500],
        ]),
  );
  const over: number[] = [];
  let read = 0;
  // The watchdog alone keeps no process alive.
  const alive = setInterval(() => {}, 1000);
  await new Promise<void>((done) => {
    const watchdog = new GpuWatchdog(async () => {
      const reading = readings[read++];
      if (reading === undefined) done();
      return reading ?? null;
    }, 1);
    watchdog.watch(1, 7, 1000, (mb) => over.push(mb));
    watchdog.watch(2, 8, 1000, () => assert.unreachable());
    watchdog.watch(3, 7, 100, () => assert.unreachable());
    watchdog.release(3);
  });
  clearInterval(alive);
  assert.equal(over, [1200]);
});

test.run();
