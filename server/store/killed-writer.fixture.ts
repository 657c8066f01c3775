/** For tests: a process that writes and says what is on the disk, killed at a random moment. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `node program folder`, waits for its line "ready", kills it within `withinMs` and gives the lines that it had written before:
 * a last one without its end was cut by the kill, and may or may not have been acknowledged.
 */
export async function linesBeforeKill(program: string, folder: string, withinMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise((done) => child.once('close', done));
  let output = '';
  await new Promise<void>((ready, fail) => {
    child.once('exit', () => fail(new Error('the writer ended by itself')));
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      if (output.startsWith('ready\n')) ready();
    });
  });
  await sleep(Math.random() * withinMs);
  child.kill('SIGKILL');
  await gone;
  return output.split('\n').slice(0, -1);
}
