/** `docs/commands.md`: what each command says of itself, on one page. `--check` only compares. */
import fs from 'node:fs';
import path from 'node:path';
import { COMMANDS } from './commands.ts';
import { exit } from './exit.ts';
import { processIo } from './io.ts';
import { toolUsage } from './pcp/command-line.ts';
import { TOOLS } from './pcp/tools.ts';
import { MD5_USAGE } from './pg-md5/command-line.ts';
import { pgpoolUsage } from './pgpool/command-line.ts';
import { SETUP_USAGE } from './pgpool-setup/command-line.ts';
import { projectRoot } from './place.ts';

const FILE = 'docs/commands.md';

export async function renderCommands(): Promise<string> {
  const loaded = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => ({ name, command: await load() })),
  );
  const own = loaded.map(({ name, command }) =>
    section(`pgherd ${name}`, `${capitalised(command.summary)}.`, command.usage),
  );
  return [
    '# Commands',
    '',
    '<!-- Written by packages/cli/src/docs.ts from the texts of the commands themselves: change those, then npm run docs. -->',
    '',
    'Run them from the checkout with `npx pgherd`. Each also answers to `--help`. Exit codes: 0 done, 1 failed, 2 called',
    'wrongly; of the commands that ask a running engine also 3 refused (nothing was changed) and 4 not reachable.',
    '',
    ...own,
    '# Drop-in programs',
    '',
    "In `compat/bin`, with Pgpool-II's names and command lines; symbolic links to them work from anywhere.",
    '',
    'The pcp_* programs take the password from the file named by PCPPASSFILE (default ~/.pcppass; `host:port:user:password`',
    'lines, mode 0600), else from PCPPASSWORD, else from PGPASSWORD, else they ask. They exit with 1 when anything failed.',
    '',
    section('pgpool', 'Starts, stops and reloads the proxy.', pgpoolUsage('compat/etc')),
    section('pg_md5', 'Hashes for pcp.conf, and md5 entries of pool_passwd.', MD5_USAGE),
    section('pgpool_setup', 'Makes servers and a proxy to try things with.', SETUP_USAGE),
    ...TOOLS.map((tool) => section(tool.name, `${capitalised(tool.summary)}.`, toolUsage(tool))),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

const section = (name: string, summary: string, usage: string): string =>
  `## ${name}\n\n${summary}\n\n\`\`\`text\n${usage}\n\`\`\`\n`;

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Is the page what the commands say? */
export async function isCurrent(): Promise<boolean> {
  const file = path.join(projectRoot, FILE);
  return fs.existsSync(file) && fs.readFileSync(file, 'utf8') === (await renderCommands());
}

if (import.meta.main) {
  if (!process.argv.includes('--check')) fs.writeFileSync(path.join(projectRoot, FILE), await renderCommands());
  else if (!(await isCurrent())) {
    processIo.stderr(`${FILE} is not up to date: run npm run docs`);
    await exit(1);
  }
  await exit(0);
}
