import { parseArgs } from 'node:util';
import type { Plan } from '@pgherd/operations';
import type { Command } from '../commands/command.ts';
import { UsageError } from '../errors.ts';
import { formatTable } from '../table.ts';
import { withEngine } from './engine.ts';
import { ENGINE_OPTIONS, ENGINE_USAGE } from './options.ts';
import { bytes, duration, plain } from './words.ts';

const USAGE = `pgherd plan [NODE] [options]

Says for each node what happens if it dies now: who takes over, how much may be lost by the last known figures, how long
it takes, and what is in the way. With a NODE, every candidate and every precondition.

${ENGINE_USAGE}

Exit code 1 when something is in the way.`;

export const planCommand: Command = {
  summary: 'say what happens if a node dies now',
  usage: USAGE,
  run(args, io) {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: ENGINE_OPTIONS });
    const [asked, more] = positionals;
    if (more !== undefined || (asked !== undefined && !/^\d{1,3}$/.test(asked))) throw new UsageError(USAGE);
    return withEngine(values, io, async ({ api }) => {
      const all = await api.plan.query();
      const plans = asked === undefined ? all : all.filter(({ node }) => node === Number(asked));
      if (asked !== undefined && plans.length === 0) throw new UsageError(`There is no node ${asked}.`);
      if (values.json === true) io.stdout(JSON.stringify(plans, null, 2));
      else io.stdout(asked === undefined ? planTable(plans) : plans.map(planText).join('\n\n'));
      return plans.every(({ preconditions }) => preconditions.every(({ ok }) => ok)) ? 0 : 1;
    });
  },
};

export function planTable(plans: readonly Plan[]): string {
  const table = formatTable(
    ['if it dies', 'what happens', 'new primary', 'may be lost', 'takes about'],
    plans.map((plan) => [
      `node ${plan.node}`,
      plain(plan.summary),
      plan.candidate === null ? '' : `node ${plan.candidate}`,
      lossOf(plan),
      plan.outcome === 'nothing' ? '' : duration(plan.estimateMs.total),
    ]),
  );
  const wrong = plans.flatMap(({ node, preconditions }) =>
    preconditions
      .filter(({ ok }) => !ok)
      .map((check) => `node ${node}: ${check.name}: ${plain(check.detail)}${remedyOf(check.remedy)}`),
  );
  return wrong.length === 0 ? table : [table, '', 'In the way:', ...wrong.map((line) => `  ${line}`)].join('\n');
}

function planText(plan: Plan): string {
  const candidates = formatTable(
    ['candidate', 'eligible', 'timeline', 'received', 'replayed', 'behind', 'sync', 'reasons'],
    plan.candidates.map((one) => [
      `node ${one.node}`,
      one.eligible ? 'yes' : 'no',
      one.timeline === null ? '' : String(one.timeline),
      one.receivedLsn ?? '',
      one.replayLsn ?? '',
      one.behindBytes === null ? 'not known' : bytes(one.behindBytes),
      one.syncState,
      plain(one.reasons.join('; ')),
    ]),
  );
  const checks = formatTable(
    ['precondition', 'ok', 'found', 'what to do'],
    plan.preconditions.map(({ name, ok, detail, remedy }) => [
      name,
      ok ? 'yes' : 'no',
      plain(detail),
      plain(remedy ?? ''),
    ]),
  );
  const loss = lossOf(plan);
  return [
    `If node ${plan.node} dies: ${plain(plan.summary)}`,
    ...(loss === '' ? [] : [`May be lost: ${loss}.`]),
    `Takes about ${duration(plan.estimateMs.total)} (found after ${duration(plan.estimateMs.detect)}). failover_by = ${plan.failoverBy}`,
    '',
    candidates,
    '',
    checks,
  ].join('\n');
}

function lossOf({ outcome, lostBytes: { atLeast, none, asOf } }: Plan): string {
  if (outcome !== 'failover') return '';
  if (none) return 'nothing';
  const age = asOf === null ? '' : ` (as of ${duration(Math.max(0, Date.now() - Date.parse(asOf)))} ago)`;
  return atLeast === null ? 'not known' : `${bytes(atLeast)} or more${age}`;
}

const remedyOf = (remedy: string | null): string => (remedy === null ? '' : `. ${plain(remedy)}`);
