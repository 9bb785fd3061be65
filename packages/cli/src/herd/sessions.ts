import { parseArgs } from 'node:util';
import type { SessionFacts } from '@pgherd/operations';
import type { Command } from '../commands/command.ts';
import { formatTable } from '../table.ts';
import { withEngine } from './engine.ts';
import { ENGINE_OPTIONS, ENGINE_USAGE } from './options.ts';
import { duration, shortened } from './words.ts';

const USAGE = `pgherd sessions [options]

Lists the clients: who, where from, at which nodes (node:pid), and the last statement. Addresses and statements need a
token of the role admin.

${ENGINE_USAGE}
  --watch              again each second, until Ctrl-C`;

const STATEMENT_CHARACTERS = 60;
const PERIOD_MS = 1_000;

export const sessionsCommand: Command = {
  summary: 'list the clients and what they do',
  usage: USAGE,
  run(args, io) {
    const { values } = parseArgs({ args: [...args], options: { ...ENGINE_OPTIONS, watch: { type: 'boolean' } } });
    return withEngine(values, io, async ({ api }) => {
      for (;;) {
        const sessions = await api.sessions.query();
        if (values.json === true) io.stdout(JSON.stringify(sessions, null, values.watch === true ? 0 : 2));
        else io.stdout(sessionTable(sessions));
        if (values.watch !== true) return 0;
        await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
      }
    });
  },
};

export function sessionTable(sessions: readonly SessionFacts[]): string {
  return formatTable(
    ['session', 'user', 'database', 'client', 'nodes', 'status', 'idle', 'statement'],
    sessions.map(({ id, user, database, host, port, links, status, idleMs, statement }) => [
      id,
      shortened(user, STATEMENT_CHARACTERS),
      shortened(database, STATEMENT_CHARACTERS),
      host === '' ? '' : shortened(port === '' ? host : `${host}:${port}`, STATEMENT_CHARACTERS),
      links.map(({ node, pid }) => `${node}:${pid}`).join(' '),
      shortened(status, STATEMENT_CHARACTERS),
      duration(idleMs),
      shortened(statement, STATEMENT_CHARACTERS),
    ]),
  );
}
