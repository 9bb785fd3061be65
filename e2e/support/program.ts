/** A program of the project as a user starts it: what it says, until it says it, and its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(fileURLToPath(new URL('.', import.meta.url)), '../..');
export const PGHERD = path.join(root, 'packages/cli/bin/pgherd');

export class Program {
  readonly #child: ChildProcess;
  #said = '';
  #ended = false;

  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PGHERD_')));
    this.#child = spawn(program, args, { cwd: root, env: { ...clean, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const take = (chunk: Buffer): void => {
      this.#said += chunk.toString();
    };
    this.#child.stdout?.on('data', take);
    this.#child.stderr?.on('data', take);
    this.#child.once('exit', () => {
      this.#ended = true;
    });
  }

  get said(): string {
    return this.#said;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @returns the match @throws when it ends or the limit passes before */
  async says(pattern: RegExp, limitMs = 120_000): Promise<RegExpExecArray> {
    return until(
      `${pattern} is said`,
      () => {
        const found = pattern.exec(this.#said);
        if (found === null && this.#ended) throw new Error(`ended without saying ${pattern}:\n${this.#said}`);
        return found;
      },
      limitMs,
    );
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM', limitMs = 30_000): Promise<void> {
    if (this.#ended) return;
    this.#child.kill(signal);
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), limitMs);
    await until('the program ends', () => this.#ended, limitMs + 5_000);
    clearTimeout(killer);
  }
}

/** Waits for a condition. @throws after the limit, with what it was about */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  limitMs = 30_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found as NonNullable<Exclude<T, false>>;
    if (Date.now() > end) throw new Error(`never happened within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
