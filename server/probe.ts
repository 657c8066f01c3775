/**
 * Tries a device in a process of its own: `node dist/server/probe.js cuda|webgpu|cpu` prints what it found (engine/devices/probe.ts) as one line of JSON.
 * A driver that crashes or hangs takes nothing along but this process.
 */
import { probe } from './engine/devices/probe.ts';
import { deviceNames } from './engine/runtime.ts';

const name = deviceNames.find((each) => each === process.argv[2]);
if (name === undefined) {
  process.stderr.write(`usage: node dist/server/probe.js ${deviceNames.join('|')}\n`);
  process.exit(64);
}
const found = await probe(name);
process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0));
