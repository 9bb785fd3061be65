/** Carries out what the herd's brain wishes: SQL at the servers, commands, the journal, pgpool_status. */
import {
  type CommandFacts,
  type CommandNode,
  type Effect,
  ensureSlot,
  expandCommand,
  follow,
  type HostAgent,
  type ProbeTarget,
  promote,
  proveWrite,
  setSyncNames,
  type Told,
  UnsafePlaceError,
} from '@pgherd/cluster';
import { backendOf, type Settings } from '@pgherd/config';
import type { Author } from '@pgherd/operations';
import type { Logger } from '../log/logger.ts';
import type { Journal } from './journal.ts';
import { type CommandResult, runCommand } from './run-command.ts';
import { statusFile, writeStatusFile } from './status-file.ts';

export interface HandsPorts {
  settings(): Settings;
  readonly log: Logger;
  readonly journal: Journal;
  /** How to sign in to a node as the user that acts. */
  target(node: number): ProbeTarget;
  epoch(): number;
  agent(node: number): HostAgent | null;
  /** A line that a command said. */
  output(line: string): void;
}

const PROMOTE_LIMIT_MS = 15_000;
const PROVE_LIMIT_MS = 3_000;
const FOLLOW_LIMIT_MS = 20_000;
const STEP_LIMIT_MS = 5_000;
const STOP_LIMIT_MS = 10_000;
const START_LIMIT_MS = 30_000;

export class Hands {
  private readonly ports: HandsPorts;
  private commands: Promise<void> = Promise.resolve();

  constructor(ports: HandsPorts) {
    this.ports = ports;
  }

  promote(node: number): Promise<void> {
    return promote({ ...this.ports.target(node), timeoutMs: PROMOTE_LIMIT_MS });
  }

  proveWrite(node: number): Promise<void> {
    return proveWrite({ ...this.ports.target(node), timeoutMs: PROVE_LIMIT_MS });
  }

  setSyncNames(node: number, names: string): Promise<void> {
    return setSyncNames({ ...this.ports.target(node), timeoutMs: STEP_LIMIT_MS }, names);
  }

  follow(node: number, primary: number, forkAt: bigint | null): Promise<void> {
    const target = this.ports.target(primary);
    return follow({
      standby: { ...this.ports.target(node), timeoutMs: STEP_LIMIT_MS },
      primary: { ...target, timeoutMs: STEP_LIMIT_MS },
      address: { host: target.host, port: target.port },
      forkAt,
      timeoutMs: FOLLOW_LIMIT_MS,
    });
  }

  /** Whatever stopped it may still be at work: it is stopped to the end first. */
  async revive(node: number): Promise<void> {
    const agent = this.agentOf(node);
    await agent.stop('fast', STOP_LIMIT_MS);
    await agent.start(START_LIMIT_MS);
  }

  async rejoin(node: number, primary: number): Promise<void> {
    try {
      const agent = this.agentOf(node);
      const { running, state } = await agent.control();
      if (!running || state !== 'in archive recovery') {
        if (running && state === 'in production') throw new Error(`it runs and takes writes: pgherd recover ${node}`);
        await agent.stop('fast', STOP_LIMIT_MS);
        const target = this.ports.target(primary);
        const slot = await agent.becomeStandby({ host: target.host, port: target.port });
        if (slot !== null) await ensureSlot({ ...target, timeoutMs: STEP_LIMIT_MS }, slot);
        await agent.start(START_LIMIT_MS);
      }
    } catch (error) {
      const why = `node ${node} does not come back as a standby: ${(error as Error).message}`;
      const told = { t: 'tell', kind: 'nodeCannotFollow', severity: 'warning', by: 'switchover', details: {} } as const;
      this.tell({ ...told, node, message: why });
      throw error;
    }
  }

  private agentOf(node: number): HostAgent {
    const agent = this.ports.agent(node);
    if (agent === null) throw new Error('no agent runs beside it');
    return agent;
  }

  /** One at a time, in the order in which they were wished. */
  command(effect: Extract<Effect, { t: 'command' }>): Promise<void> {
    const run = this.commands.then(() => this.runNow(effect));
    this.commands = run.catch(() => undefined);
    return run;
  }

  private async runNow({
    which,
    node,
    newMain,
    oldMain,
    oldPrimary,
  }: Extract<Effect, { t: 'command' }>): Promise<void> {
    const settings = this.ports.settings();
    const template =
      which === 'failover'
        ? settings.failover_command
        : which === 'failback'
          ? settings.failback_command
          : settings.follow_primary_command;
    const about = this.commandNode(node);
    if (template === '' || about === null) return;
    const { log } = this.ports;
    const run = (command: string): Promise<CommandResult> => {
      log.write('log', `execute command: ${command}`);
      return runCommand(command, (line) => {
        log.write('log', line);
        this.ports.output(line);
      });
    };
    const facts: CommandFacts = {
      node: about,
      newMain: newMain === null ? null : this.commandNode(newMain),
      oldMain,
      oldPrimary: oldPrimary === null ? null : this.commandNode(oldPrimary),
    };
    const command = expanded(template, facts);
    const result = command instanceof UnsafePlaceError ? { code: null, error: command.message } : await run(command);
    const how = result.error ?? `it exited with ${result.code}`;
    if (result.code !== 0) log.write('warning', `${which}_command for node ${node} failed: ${how}`);
    this.ports.journal.add({
      kind: 'commandRun',
      node,
      severity: result.code === 0 ? 'info' : 'warning',
      message: `the ${which} command for node ${node} ${result.code === 0 ? 'has run' : `failed: ${how}`}`,
      by: { door: 'engine', user: 'failover', address: '' },
      epoch: this.ports.epoch(),
      details: { code: result.code },
    });
  }

  private commandNode(id: number): CommandNode | null {
    const backend = backendOf(this.ports.settings(), id);
    if (backend === undefined) return null;
    return { id, host: backend.hostname, port: backend.port, dataDirectory: backend.dataDirectory };
  }

  /** Into the journal and the log, with the lines that Pgpool-II's users look for. */
  tell(told: Told): void {
    const { log, journal } = this.ports;
    const level = told.severity === 'info' ? 'log' : 'warning';
    for (const line of this.upstreamLines(told)) log.write('log', line);
    log.write(level, told.message, { detail: told.by === '' ? undefined : `decided by: ${told.by}` });
    journal.add({
      kind: told.kind,
      node: told.node,
      severity: told.severity,
      message: told.message,
      by: authorOf(told.by),
      epoch: this.ports.epoch(),
      details: { ...told.details },
    });
  }

  private upstreamLines(told: Told): string[] {
    const backend = told.node === null ? undefined : backendOf(this.ports.settings(), told.node);
    if (backend === undefined) return [];
    const where = `${backend.hostname}(${backend.port})`;
    switch (told.kind) {
      case 'nodeDetached':
        return [
          `=== Starting degeneration. shutdown host ${where} ===`,
          `=== Failover done. shutdown host ${where} ===`,
        ];
      case 'nodeAttached':
        return [
          `=== Starting fail back. reconnect host ${where} ===`,
          `=== Failback done. reconnect host ${where} ===`,
        ];
      default:
        return [];
    }
  }

  save(attached: ReadonlyMap<number, boolean>): void {
    const file = statusFile(this.ports.settings().work_dir);
    try {
      writeStatusFile(file, attached);
    } catch (error) {
      this.ports.log.write('warning', `could not write status file "${file}": ${(error as Error).message}`);
    }
  }
}

function expanded(template: string, facts: CommandFacts): string | UnsafePlaceError {
  try {
    return expandCommand(template, facts);
  } catch (error) {
    if (error instanceof UnsafePlaceError) return error;
    throw error;
  }
}

/** `user via door` of an operator, or the engine's own part. */
function authorOf(by: string): Author {
  const operator = /^(\S+) via (pcp|control|cli|sql|signal)(?: from (\S+))?$/.exec(by);
  if (operator === null) return { door: 'engine', user: by, address: '' };
  const [, user = '', door = 'cli', address = ''] = operator;
  return { door: door as Author['door'], user, address };
}

export const byOf = ({ user, door, address }: Author): string =>
  door === 'engine' ? user : `${user.replaceAll(/\s/g, '_')} via ${door}${address === '' ? '' : ` from ${address}`}`;
