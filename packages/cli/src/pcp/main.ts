/** Entry point of compat/bin/pcp_*: the first argument names the tool. */
import { formatNotice, PcpClient, PcpConnectError, PcpServerError } from '@pgherd/pcp';
import { loginName } from '../env.ts';
import { CommandError, sentenceOf } from '../errors.ts';
import { exit } from '../exit.ts';
import { type CommandIo, processIo } from '../io.ts';
import { parseToolLine, toolUsage } from './command-line.ts';
import { findPassword } from './find-password.ts';
import { visibleLines } from './layout.ts';
import type { Tool, ToolLine } from './tool.ts';
import { TOOLS } from './tools.ts';

async function main(tool: Tool, args: readonly string[], io: CommandIo): Promise<number> {
  const line = parseToolLine(tool, args);
  switch (line.act) {
    case 'help':
      io.stderr(`${toolUsage(tool)}\n`);
      return 0;
    case 'version': {
      const { PGPOOL_VERSION } = await import('@pgherd/engine');
      io.stderr(`${tool.name} (pgpool-II) ${PGPOOL_VERSION}`);
      return 0;
    }
    case 'refused':
      io.stderr(line.message);
      return 1;
    case 'run':
      return run(tool, line, io);
  }
}

async function run(tool: Tool, line: ToolLine, io: CommandIo): Promise<number> {
  for (const warning of line.warnings) io.stderr(`${tool.name}: ${warning}`);
  tool.check?.(line);
  const user = line.user ?? loginName();
  const password = await findPassword(line, user, io.stderr);
  const { host, port } = line;
  const client = await PcpClient.open({
    ...{ host, port, user, password },
    onNotice: (notice) => io.stderr(visibleLines(formatNotice(notice))),
    ...(line.debug ? { trace: (text: string) => io.stdout(`DEBUG: ${text}`) } : {}),
  });
  try {
    io.stdout((await tool.run(client, line)) ?? `${tool.name} -- Command Successful`);
  } finally {
    client.close();
  }
  return 0;
}

function tellFailure(tool: Tool, reason: unknown, io: CommandIo): void {
  if (reason instanceof PcpServerError) io.stderr(visibleLines(formatNotice(reason.notice)));
  else if (reason instanceof PcpConnectError) io.stderr(`ERROR: ${reason.message}`);
  else if (reason instanceof CommandError) io.stderr(`${tool.name}: ${reason.message}`);
  else io.stderr(`${tool.name}: ${sentenceOf(reason)}`);
}

const [name = '', ...args] = process.argv.slice(2);
const tool = TOOLS.find((one) => one.name === name);
if (tool === undefined) {
  processIo.stderr(`there is no program "${name}" here`);
  await exit(1);
} else {
  try {
    await exit(await main(tool, args, processIo));
  } catch (error) {
    tellFailure(tool, error, processIo);
    await exit(1);
  }
}
