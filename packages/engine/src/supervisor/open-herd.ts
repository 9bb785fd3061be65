/**
 * Puts the herd together at a start: the journal, what was written down before, the watch with its hands, and what an
 * operator's wishes are carried out with.
 */
import fs from 'node:fs';
import type { HostAgent } from '@pgherd/cluster';
import type { Settings } from '@pgherd/config';
import type { SessionFacts } from '@pgherd/operations';
import type { ClusterSnapshot } from '../ipc.ts';
import type { Logger } from '../log/logger.ts';
import type { Acts } from './acts.ts';
import { discovered } from './discovery.ts';
import { Hands } from './hands.ts';
import { opsTarget } from './herd-targets.ts';
import { HerdWatch } from './herd-watch.ts';
import { interruptedRecoveries } from './interrupted-recoveries.ts';
import { Journal } from './journal.ts';
import { MemoryFile, onlyEpoch } from './memory-file.ts';
import { relaxedBefore } from './relaxed-before.ts';
import { readStatusFile, statusFile } from './status-file.ts';
import { untilState } from './until-state.ts';
import type { WishPorts } from './wishes.ts';
import type { WorkerProcess } from './worker-process.ts';
import type { WorkerQuestions } from './worker-questions.ts';

export interface HerdPorts {
  readonly settings: () => Settings;
  readonly log: Logger;
  /** Of pgpool.conf. */
  readonly directory: string;
  /** -D */
  readonly discardStatus: boolean;
  readonly agent: (node: number) => HostAgent | null;
  readonly password: (user: string, given: string) => string | null;
  readonly acts: Acts;
  readonly questions: WorkerQuestions;
  /** While transactions are held: how many are still open, by worker. */
  readonly heldOpen: Map<WorkerProcess, number>;
  readonly live: () => WorkerProcess[];
  readonly publish: (snapshot: ClusterSnapshot) => void;
  /** Resolves when none of these has a link to the old primary any more. */
  readonly fence: (epoch: number, workers: readonly WorkerProcess[]) => Promise<void>;
  readonly sessions: () => Promise<readonly SessionFacts[]>;
  /** One more node, as if a reload had brought it. @returns null, or why it cannot be */
  readonly adopt: (host: string, port: number, name: string, like: number) => Promise<string | null>;
}

export interface OpenHerd {
  readonly watch: HerdWatch;
  readonly journal: Journal;
  readonly wishes: WishPorts;
}

export function openHerd(ports: HerdPorts): OpenHerd {
  const { log, acts, questions, heldOpen } = ports;
  const { work_dir: workDir } = ports.settings();
  /** Standbys that are re-pointed right after a switchover would slow its clients' return. */
  let mayFollow: Promise<void> = Promise.resolve();
  const journal = new Journal(workDir, (message) => log.write('warning', message));
  const hands = new Hands({
    settings: ports.settings,
    log,
    journal,
    target: (node) => opsTarget(watch, ports.settings(), node),
    epoch: () => watch.epoch,
    output: (line) => acts.output(line),
    agent: ports.agent,
  });
  interruptedRecoveries(journal, acts);
  const memory = new MemoryFile(workDir, (message) => log.write('warning', message));
  const remembered = memory.read();
  if (ports.discardStatus) fs.rmSync(statusFile(workDir), { force: true });
  const discover = async (effect: Parameters<typeof discovered>[0]): Promise<void> => {
    await discovered(effect, {
      settings: ports.settings,
      systemIdentifier: () => watch.believed.systemIdentifier,
      target: (node) => {
        const { sr_check_user: user, sr_check_password: password, sr_check_database: database } = ports.settings();
        return { ...watch.target(node, user, password), database };
      },
      tell: (told) => hands.tell(told),
      adopt: (host, port, name) => ports.adopt(host, port, name, effect.primary),
    });
  };
  const watch = new HerdWatch({
    settings: ports.settings(),
    log,
    password: ports.password,
    directory: ports.directory,
    stored: readStatusFile(statusFile(workDir)),
    relaxed: relaxedBefore(journal.since(0)),
    memory: remembered !== null && ports.discardStatus ? onlyEpoch(remembered) : remembered,
    hands: {
      publish: ports.publish,
      fence: (snapshot) => {
        const workers = ports.live();
        ports.publish(snapshot);
        return ports.fence(snapshot.epoch, workers);
      },
      promote: (node) => hands.promote(node),
      proveWrite: (node) => hands.proveWrite(node),
      follow: async (node, primary, forkAt) => {
        await mayFollow;
        await hands.follow(node, primary, forkAt);
      },
      command: (effect) => hands.command(effect),
      setSyncNames: (node, names) => hands.setSyncNames(node, names),
      discovered: (effect) => void discover(effect),
      tell: (told) => hands.tell(told),
      revive: (node) => hands.revive(node),
      rejoin: (node, primary) => hands.rejoin(node, primary),
      remember: (changed) => memory.write(changed),
      save: (attached) => hands.save(attached),
    },
  });
  const wishes: WishPorts = {
    watch,
    acts,
    settings: ports.settings,
    agent: ports.agent,
    target: (node) => opsTarget(watch, ports.settings(), node),
    recoveryTarget: (node) => ({
      ...watch.target(node, ports.settings().recovery_user, ports.settings().recovery_password),
      database: ports.settings().recovery_database,
    }),
    promote: (node) => hands.promote(node),
    proveWrite: (node) => hands.proveWrite(node),
    setSyncNames: (node, names) => hands.setSyncNames(node, names),
    hold: (kind, reason, untilMs) => {
      watch.holding = reason === null ? null : { kind, untilMs, reason };
      heldOpen.clear();
      if (reason !== null) for (const worker of ports.live()) heldOpen.set(worker, Number.POSITIVE_INFINITY);
      ports.publish(watch.snapshot());
    },
    open: () => [...heldOpen.values()].reduce((sum, open) => sum + open, 0),
    cut: (reason) => {
      for (const worker of ports.live()) worker.send({ t: 'cut', reason });
    },
    warm: async (node, limitMs) => {
      const workers = await questions.all<{ links: number }>({ about: 'warm', node, limitMs });
      return workers.reduce((sum, { answer }) => sum + answer.links, 0);
    },
    cool: () => {
      for (const worker of ports.live()) worker.send({ t: 'cool' });
    },
    housed: async (limitMs) => {
      await questions.all<{ left: number }>({ about: 'housed', limitMs });
    },
    followAfter: (housed) => {
      mayFollow = housed;
    },
    clients: async () => (await ports.sessions()).length,
    until: (condition, limitMs) => untilState(watch, condition, limitMs),
    log: (kind, node, by, message) => {
      log.write(kind.endsWith('Failed') ? 'warning' : 'log', message);
      const severity = kind.endsWith('Failed') ? 'error' : 'info';
      journal.add({ kind, node, severity, message, by, epoch: watch.epoch, details: {} });
    },
  };
  return { watch, journal, wishes };
}
