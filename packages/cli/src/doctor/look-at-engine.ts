/** The engine of this configuration: is it there, and what does it say? */
import path from 'node:path';
import type { Settings } from '@pgherd/config';
import { livePid } from '@pgherd/engine';
import type { RouteExplanation, RouteQuestion } from '@pgherd/operations';
import { withEngine } from '../herd/engine.ts';
import type { EngineFacts, ReadRoute } from './facts.ts';

export async function lookAtEngine(config: string, settings: Settings): Promise<EngineFacts> {
  const pid = livePid(path.resolve(settings.pid_file_name));
  if (pid === null) return { state: 'off' };
  try {
    return await withEngine({ file: config }, { stdout: () => {}, stderr: () => {} }, async ({ api }) => ({
      state: 'answers' as const,
      status: await api.status.query(),
      readGoesTo: await readRoute((question) => api.explainRoute.query(question), settings).catch(() => null),
      problems: (await api.problems.query()).problems,
    }));
  } catch (error) {
    return { state: 'mute', pid, reason: (error as Error).message };
  }
}

/** Where the simplest of all reads would go. */
export async function readRoute(
  explain: (question: RouteQuestion) => RouteExplanation | Promise<RouteExplanation>,
  settings: Settings,
): Promise<ReadRoute | null> {
  const { rows } = await explain({
    sql: 'SELECT 1',
    database: settings.sr_check_database === '' ? 'postgres' : settings.sr_check_database,
    user: settings.sr_check_user,
    application: 'pgherd doctor',
  });
  const last = rows.at(-1);
  if (last === undefined) return null;
  const among = rows
    .filter(({ value }) => /^probability (?!0$)/.test(value))
    .flatMap(({ node }) => (node === null ? [] : [node]));
  return { node: last.node, rule: last.rule, value: last.value, among };
}
