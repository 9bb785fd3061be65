/** Cancels and ends by session id, each worker asked about its own. */
import type { Author, SessionResult, SessionTargets } from '@pgherd/operations';
import type { WorkerQuestion } from '../ipc.ts';

type Question = Extract<WorkerQuestion, { about: 'sessions' }>;

export interface SessionActPorts {
  /** Null: there is no such worker, or it did not answer in time. */
  ask(workerPid: number, question: Question): Promise<readonly SessionResult[] | null>;
  isThere(workerPid: number): boolean;
  tell(kind: 'statementsCancelled' | 'sessionsEnded', by: Author, message: string): void;
}

const ID = /^(\d{1,10})\/(\d{1,15})$/;

/** A result for each target, in their order. */
export async function actOnSessions(
  act: Question['act'],
  { sessions, reason }: SessionTargets,
  by: Author,
  ports: SessionActPorts,
): Promise<readonly SessionResult[]> {
  const byWorker = Map.groupBy(sessions, ({ id }) => Number(ID.exec(id)?.[1] ?? -1));
  const results = new Map<string, SessionResult>();
  await Promise.all(
    [...byWorker].map(async ([pid, targets]) => {
      const question: Question = {
        about: 'sessions',
        act,
        targets: targets.map(({ id, user, connectedAt }) => ({
          id,
          session: Number(ID.exec(id)?.[2] ?? -1),
          user: user ?? null,
          connectedAtMs: connectedAt === undefined ? null : Date.parse(connectedAt),
        })),
        reason: act === 'end' ? told(reason) : '',
      };
      const answers = ports.isThere(pid) ? await ports.ask(pid, question) : [];
      for (const { id } of targets) results.set(id, { id, outcome: answers === null ? 'noAnswer' : 'gone' });
      for (const answer of answers ?? []) results.set(answer.id, answer);
    }),
  );
  const all = sessions.map(({ id }) => results.get(id) ?? { id, outcome: 'gone' as const });
  const done = all.filter(({ outcome }) => outcome === 'done').map(({ id }) => id);
  if (done.length > 0) {
    const ids = done.length > IDS_TOLD ? `${done.slice(0, IDS_TOLD).join(', ')} …` : done.join(', ');
    const count = done.length === 1 ? '1 session' : `${done.length} sessions`;
    const why = reason === '' ? '' : `: ${reason}`;
    if (act === 'end') ports.tell('sessionsEnded', by, `${count} ended by an operator (${ids})${why}`);
    else
      ports.tell('statementsCancelled', by, `The statements of ${count} were cancelled by an operator (${ids})${why}`);
  }
  return all;
}

const IDS_TOLD = 10;

/** Who it was is for the journal: a client hears the reason alone. */
const told = (reason: string): string => (reason === '' ? '' : `${reason.replace(/\.$/, '')}.`);
