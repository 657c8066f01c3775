import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError, readConfig } from './config.ts';

const test = suite('settings');
const dir = mkdtempSync(join(tmpdir(), 'ai-studio-conf-'));
const file = join(dir, 'appliance.conf');
test.after(() => rmSync(dir, { recursive: true }));

const read = (text: string, args: string[] = [], env: Record<string, string> = {}) => {
  writeFileSync(file, text);
  return readConfig(['--config', file, ...args], env).config;
};
const refused = (text: string, args: string[] = [], env: Record<string, string> = {}) => {
  try {
    read(text, args, env);
  } catch (error) {
    assert.instance(error, ConfigError);
    return (error as Error).message;
  }
  throw new Error('was accepted');
};

test('appliance.conf as shipped holds every setting with its default', () => {
  assert.equal(readConfig(['--config', resolve('appliance.conf')], {}).config, read(''));
});

test('the command line comes before the environment, the environment before the file', () => {
  assert.is(read('[server]\nport = 1001').server.port, 1001);
  assert.is(read('[server]\nport = 1001', [], { AI_STUDIO_SERVER_PORT: '1002' }).server.port, 1002);
  assert.is(read('[server]\nport = 1001', ['--port', '1003'], { AI_STUDIO_SERVER_PORT: '1002' }).server.port, 1003);
  assert.is(read('', ['--set', 'queue.light_slots=5']).queue.light_slots, 5);
  assert.is(read('', ['--set', 'box.cores=auto']).box.cores, 'auto');
  assert.is(read('', ['--set', 'box.cores=1.5']).box.cores, 1.5);
  assert.equal(read('', ['--set', 'server.origins=["https://a.example"]']).server.origins, ['https://a.example']);
  assert.is(read('', ['--data', '1234']).server.data, '1234');
});

test('a mistake is told with its place, its value and what is allowed', () => {
  assert.match(refused('[server]\nport = "x"'), /appliance\.conf: server\.port = "x".*integer|number/);
  assert.match(refused('[server]\nprot = 1'), /server\.prot is not a setting.*port/);
  assert.match(refused('[sevrer]\nport = 1'), /sevrer is not a setting.*server/);
  assert.match(refused('[log]\nlevel = "loud"'), /log\.level = "loud".*"info"/);
  assert.match(refused('[server\nport = 1'), /line 1/);
  assert.match(refused('', ['--port', '70000']), /--port.*server\.port = 70000/);
  assert.match(refused('', ['--set', 'queue=1']), /queue is not a setting/);
  assert.match(refused('', ['--set', 'nonsense']), /SECTION\.KEY=VALUE/);
  assert.match(refused('', ['--prot', '1']), /--prot/);
  assert.match(refused('', [], { AI_STUDIO_QUEUE_LIGHT_SLOTS: '0' }), /AI_STUDIO_QUEUE_LIGHT_SLOTS.*queue\.light_slots = 0/);
  assert.throws(() => readConfig(['--config', join(dir, 'none.conf')], {}), /cannot be read/);
});

test('presets', () => {
  const presets = read('[[preset]]\nname = "big"\ncores = 4').preset;
  assert.equal(presets, [{ name: 'big', gpu: '', gpu_memory_mb: 0, device: 'auto', cores: 4, memory_mb: 0 }]);
  assert.match(refused('[[preset]]\ncores = 4'), /preset.*number 1/);
  assert.match(refused('[[preset]]\nname = "a"\ncoers = 4'), /coers/);
  assert.match(refused('[[preset]]\nname = "a"\ndevice = "gpu"'), /number 1: device = "gpu" is not possible: .*"cuda", "webgpu", "cpu"/);
  assert.match(refused('[[preset]]\nname = "a"\n[[preset]]\nname = "a"'), /two presets/);
});

test.run();
