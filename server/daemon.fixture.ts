/** For tests: the real daemon on a free port with a data folder of its own, and a client that speaks to it as a browser would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Session } from './http/schemas.ts';

const MAIN = join(dirname(fileURLToPath(import.meta.url)), 'main.js');
export const PASSWORD = 'correct horse battery';

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

/** One browser: a cookie, the page's token, a language. */
export class Client {
  /** Another one where the daemon was started again. */
  url: string;
  cookie = '';
  csrf = '';
  language = 'en';

  constructor(url: string) {
    this.url = url;
  }

  headers(more: Record<string, string> = {}): Record<string, string> {
    return { 'accept-language': this.language, ...(this.cookie ? { cookie: this.cookie } : {}), ...(this.csrf ? { 'x-csrf-token': this.csrf } : {}), ...more };
  }

  async call<T = unknown>(method: string, path: string, body?: unknown, more: Record<string, string> = {}): Promise<Answer<T>> {
    const response = await fetch(this.url + path, {
      method,
      headers: this.headers({ ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more }),
      body: body === undefined ? null : JSON.stringify(body),
    });
    const [cookie] = response.headers.getSetCookie();
    if (cookie !== undefined) this.cookie = cookie.split(';')[0]!;
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
  }

  /** Like call(), but anything except success is an error of the test. */
  async ok<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.call<T>(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async signIn(userId: string, password = PASSWORD): Promise<this> {
    this.csrf = (await this.ok<Session>('POST', '/api/session', { userId, password })).csrfToken;
    return this;
  }

  /** Uploads by the tus protocol; gives the upload's id. */
  async upload(name: string, data: Buffer): Promise<string> {
    const filename = Buffer.from(name).toString('base64');
    const made = await this.call('POST', '/api/uploads', undefined, {
      'tus-resumable': '1.0.0',
      'upload-length': String(data.length),
      'upload-metadata': `filename ${filename}`,
    });
    if (made.status !== 201) throw new Error(`upload: ${made.status} ${JSON.stringify(made.body)}`);
    const address = made.headers.get('location')!;
    const sent = await fetch(this.url + address, {
      method: 'PATCH',
      headers: this.headers({ 'tus-resumable': '1.0.0', 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' }),
      body: new Uint8Array(data),
    });
    if (sent.status !== 204) throw new Error(`upload: ${sent.status} ${await sent.text()}`);
    return address.split('/').at(-1)!;
  }

  /** Asks again and again until `good`. Only a test that fails waits so long. */
  async until<T>(path: string, good: (body: T) => boolean, seconds = 180): Promise<T> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const { body, status } = await this.call<T>('GET', path);
      if (status < 300 && good(body)) return body;
      if (Date.now() > end) throw new Error(`${path} is still ${JSON.stringify(body).slice(0, 500)} after ${seconds} s`);
      await sleep(100);
    }
  }
}

export interface ServerMessage {
  id?: string;
  event: string;
  data: unknown;
}

/** Listens to Server-Sent Events. */
export async function listen(client: Client, path: string, more: Record<string, string> = {}) {
  const abort = new AbortController();
  const response = await fetch(client.url + path, { headers: client.headers(more), signal: abort.signal });
  const messages: ServerMessage[] = [];
  let ended = false;
  const reading = (async () => {
    let text = '';
    try {
      for await (const chunk of response.body!) {
        text += Buffer.from(chunk).toString('utf8');
        for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
          const fields = Object.fromEntries(
            text
              .slice(0, at)
              .split('\n')
              .filter((line) => line !== '' && !line.startsWith(':'))
              .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
          ) as { id?: string; event?: string; data?: string };
          text = text.slice(at + 2);
          if (fields.event !== undefined)
            messages.push({ ...(fields.id ? { id: fields.id } : {}), event: fields.event, data: JSON.parse(fields.data ?? 'null') });
        }
      }
    } catch {
      // Closed by the test, or by the daemon's end.
    }
    ended = true;
  })();
  return {
    status: response.status,
    messages,
    get ended() {
      return ended;
    },
    close: () => {
      abort.abort();
      return reading;
    },
  };
}

export class Daemon {
  readonly data: string;
  url = '';
  setUpCode = '';
  output = '';
  #child: ChildProcess | null = null;
  readonly #options: readonly string[];

  private constructor(data: string, options: readonly string[]) {
    this.data = data;
    this.#options = options;
  }

  static async start(...options: string[]): Promise<Daemon> {
    const daemon = new Daemon(await mkdtemp(join(tmpdir(), 'ai-studio-')), options);
    await daemon.launch();
    return daemon;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Starts it (again) on its data. `port` 0: any that is free. */
  async launch(port = 0): Promise<void> {
    const child = spawn(process.execPath, [MAIN, '--port', String(port), '--host', '127.0.0.1', '--data', this.data, ...this.#options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.output = '';
    await new Promise<void>((ready, fail) => {
      const hear = (chunk: Buffer) => {
        this.output += chunk.toString('utf8');
        const port = /http:\/\/[^\s:]+:(\d+)/.exec(this.output)?.[1];
        // The line behind the address tells whether set-up is needed.
        if (port === undefined || !this.output.endsWith('\n') || !/(Set-up code: .*|Ready\.)\n/.test(this.output)) return;
        this.url = `http://127.0.0.1:${port}`;
        this.setUpCode = /Set-up code: ([\d-]+)/.exec(this.output)?.[1] ?? '';
        ready();
      };
      child.stdout!.on('data', hear);
      child.stderr!.on('data', hear);
      child.once('exit', (code) => fail(new Error(`the daemon ended with ${code}: ${this.output}`)));
    });
  }

  /** The first administrator, signed in. */
  async setUp(): Promise<Client> {
    const client = new Client(this.url);
    client.csrf = (
      await client.ok<Session>('POST', '/api/setup', { code: this.setUpCode, userId: 'admin', name: 'Admin', password: PASSWORD, locale: 'en' })
    ).csrfToken;
    return client;
  }

  /** A client for someone who exists. */
  client(): Client {
    return new Client(this.url);
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (child === null) return null;
    this.#child = null;
    if (child.exitCode !== null) return child.exitCode;
    const gone = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
    child.kill(signal);
    return gone;
  }

  async remove(): Promise<void> {
    await this.end('SIGKILL');
    // Workers end a moment after their daemon.
    await rm(this.data, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

export const randomName = () => `n${randomBytes(4).toString('hex')}`;
