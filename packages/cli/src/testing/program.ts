/** Programs of this project as a user starts them: by their wrappers, in another folder, under a foreign PATH. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { projectRoot } from '../place.ts';

export const PGHERD = path.join(projectRoot, 'packages/cli/bin/pgherd');
export const PGPOOL = path.join(projectRoot, 'compat/bin/pgpool');
export const PG_MD5 = path.join(projectRoot, 'compat/bin/pg_md5');

/** A drop-in program by its name. */
export const dropIn = (name: string): string => path.join(projectRoot, 'compat/bin', name);

const DEADLINE_MS = 30_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
  /** How long it may live (default 30 s): a program that hangs fails its test. */
  readonly deadlineMs?: number;
  /** Another account, which only root may choose. */
  readonly uid?: number;
  readonly gid?: number;
}

const alive = new Set<Running>();

/** What a failed test left running. */
export async function endAll(): Promise<void> {
  for (const running of alive) running.child.kill('SIGINT');
  await Promise.allSettled([...alive].map((running) => running.ended));
}

/** A program that has been started; what it says is collected. */
export class Running {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  #heard: () => void = () => {};

  constructor(program: string, args: readonly string[], options: RunOptions = {}) {
    this.child = spawn(program, args, {
      cwd: options.cwd ?? os.tmpdir(),
      env: { PATH: '/usr/bin:/bin', HOME: os.tmpdir(), ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    alive.add(this);
    this.child.once('close', () => alive.delete(this));
    this.child.stdin?.on('error', () => {});
    this.child.stdin?.end(options.input ?? '');
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear('stdout', text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hear('stderr', text));
    this.ended = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.child.kill('SIGKILL');
        reject(new Error(`${program} ${args.join(' ')} did not end:\n${this.stdout}${this.stderr}`));
      }, options.deadlineMs ?? DEADLINE_MS);
      this.child.once('error', reject);
      this.child.once('close', (code) => {
        clearTimeout(timer);
        this.#heard();
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
    this.ended.catch(() => {}); // whoever waits for it hears of it
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Returns when it has said this. @throws Error when it ends before */
  async says(text: string | RegExp): Promise<void> {
    for (;;) {
      const said = this.stdout + this.stderr;
      if (typeof text === 'string' ? said.includes(text) : text.test(said)) return;
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`it ended (${this.child.exitCode ?? this.child.signalCode}) and never said ${text}:\n${said}`);
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  #hear(stream: 'stdout' | 'stderr', text: string): void {
    this[stream] += text;
    this.#heard();
  }
}

export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return new Running(program, args, options).ended;
}

/** A folder for one test file. */
export function temporaryFolder(): string {
  return fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-cli-')));
}

/** Waits for a condition, looking often, with a deadline. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${DEADLINE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
