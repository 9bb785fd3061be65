/**
 * A network of its own for the engine, with one cable to each of several servers on this host. A cable can swallow everything
 * without a word, as a broken switch does: both ends then send to a hardware address that nobody has. It is what `tc netem loss
 * 100%` does, without the kernel's module for it.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const NOBODY = '02:00:00:00:0b:ad';

export class OwnNetwork {
  /** Runs Node there. */
  readonly execPath: string;
  private readonly name: string;
  private readonly directory: string;
  private readonly block: number;
  private readonly cables: number;

  private constructor(cables: number) {
    const id = process.pid.toString(36);
    this.name = `pgherd${id}`;
    this.cables = cables;
    this.block = 64 + (process.pid % 190);
    this.directory = fs.mkdtempSync(path.join(os.tmpdir(), 'pgherd-network-'));
    this.execPath = path.join(this.directory, 'node');
    fs.writeFileSync(
      this.execPath,
      `#!/bin/sh\nexec nsenter --net=/var/run/netns/${this.name} ${process.execPath} "$@"\n`,
      { mode: 0o755 },
    );
  }

  /** @returns the reason when this machine cannot */
  static open(cables: number): OwnNetwork | string {
    if (process.getuid?.() !== 0) return 'only root may make a network namespace';
    const network = new OwnNetwork(cables);
    try {
      network.make();
      return network;
    } catch (error) {
      network.close();
      return `this machine makes no network namespace: ${(error as Error).message}`;
    }
  }

  private make(): void {
    ip('netns', 'add', this.name);
    this.inside('link', 'set', 'lo', 'up');
    for (let cable = 0; cable < this.cables; cable++) {
      const [here, there] = this.ends(cable);
      ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', this.name);
      ip('addr', 'add', `${this.serverAddress(cable)}/30`, 'dev', here);
      this.inside('addr', 'add', `${this.engineAddress(cable)}/30`, 'dev', there);
      ip('link', 'set', here, 'up');
      this.inside('link', 'set', there, 'up');
    }
  }

  /** Where the engine finds the server at the end of this cable. */
  serverAddress(cable: number): string {
    return `10.231.${this.block}.${4 * cable + 1}`;
  }

  /** Where clients on this host find the engine. */
  engineAddress(cable: number): string {
    return `10.231.${this.block}.${4 * cable + 2}`;
  }

  get range(): string {
    return `10.231.${this.block}.0/24`;
  }

  /** From now on nothing that is sent over it arrives, and nobody is told. */
  swallow(cable: number): void {
    const [here, there] = this.ends(cable);
    ip('neigh', 'replace', this.engineAddress(cable), 'lladdr', NOBODY, 'dev', here, 'nud', 'permanent');
    this.inside('neigh', 'replace', this.serverAddress(cable), 'lladdr', NOBODY, 'dev', there, 'nud', 'permanent');
  }

  heal(cable: number): void {
    const [here, there] = this.ends(cable);
    ip('neigh', 'del', this.engineAddress(cable), 'dev', here);
    this.inside('neigh', 'del', this.serverAddress(cable), 'dev', there);
  }

  close(): void {
    // The kernel takes a namespace apart when it finds time; a cable goes with either of its ends, at once.
    for (let cable = 0; cable < this.cables; cable++) tried('link', 'del', this.ends(cable)[0]);
    tried('netns', 'del', this.name);
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  private ends(cable: number): [string, string] {
    const id = process.pid.toString(36);
    return [`ph${id}h${cable}`, `ph${id}e${cable}`];
  }

  private inside(...args: string[]): void {
    ip('-n', this.name, ...args);
  }
}

/** What was not made cannot be taken away. */
function tried(...args: string[]): void {
  try {
    ip(...args);
  } catch {
    // Said by whoever made it.
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
