import { parseArgs } from 'node:util';
import { type ConfigIssue, formatIssue, loadConfig, type Settings } from '@pgherd/config';
import { configurationFiles } from '../configuration-files.ts';
import type { Finding } from '../doctor/finding.ts';
import { gather } from '../doctor/gather.ts';
import { judge } from '../doctor/judge.ts';
import { UsageError } from '../errors.ts';
import { configurationOf } from '../herd/engine.ts';
import { plain } from '../herd/words.ts';
import { type CommandIo, readStdin } from '../io.ts';
import { readConfig, readText } from '../read-files.ts';
import type { Command } from './command.ts';

const USAGE = `pgherd doctor [options]

Looks for what keeps a herd from working, and says the cause and what to do: servers that cannot be reached, sign-ins that
fail, no primary, reads that are not spread, what stands in the way of a failover, PCP's users, ports, the watchdog. It
works with the proxy running or not, and changes nothing. Exit code 1 when something is bad.

  -f, --file FILE      the configuration (default pgpool.conf here; else that of "pgherd up")
  -a, --hba FILE       default pool_hba.conf beside the configuration
  -F, --pcp FILE       default pcp.conf beside the configuration
  --dir DIR            the folder of "pgherd up" (default .pgherd)
  --pcp-user NAME      also tries the password on standard input against this user of PCP
  --quiet              only what is not well
  --json               print JSON: name, verdict (ok, warn, bad), found, remedy`;

export const doctorCommand: Command = {
  summary: 'find out what keeps the herd from working, and what to do',
  usage: USAGE,
  async run(args, io) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        file: { type: 'string', short: 'f' },
        hba: { type: 'string', short: 'a' },
        pcp: { type: 'string', short: 'F' },
        dir: { type: 'string' },
        'pcp-user': { type: 'string' },
        quiet: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    });
    if (positionals.length > 0) throw new UsageError(USAGE);
    const config = configurationOf(values);
    const files = configurationFiles({ config, hba: values.hba, pcp: values.pcp }, config);
    const result = readConfig(files.config);
    const usable = result.ok ? result.settings : wellFormed(files.config);
    const issues = result.ok ? result.warnings : [...result.issues, ...result.warnings];
    const user = values['pcp-user'];
    const pcp = user === undefined ? null : { user, password: (await readStdin()).replace(/\r?\n[\s\S]*$/, '') };
    const findings =
      usable === null ? issues.map(unusable) : judge(await gather({ files, settings: usable, issues, pcp }));
    report(
      values.quiet === true ? findings.filter(({ verdict }) => verdict !== 'ok') : findings,
      values.json === true,
      io,
    );
    return findings.some(({ verdict }) => verdict === 'bad') ? 1 : 0;
  },
};

/** Where a start is refused only because something is asked for that this version cannot do, the rest can be looked at. */
function wellFormed(file: string): Settings | null {
  const loaded = loadConfig({ text: readText(file), file, readFile: readText });
  return loaded.ok ? loaded.settings : null;
}

const unusable = (issue: ConfigIssue): Finding => ({
  name: 'files',
  verdict: issue.severity === 'error' ? 'bad' : 'warn',
  found: formatIssue(issue),
  remedy: 'Correct the line: until then the proxy does not start with it, and nothing else can be looked at.',
});

const SHOWN = { ok: 'ok', warn: 'warn', bad: 'BAD' } as const;

function report(findings: readonly Finding[], json: boolean, io: CommandIo): void {
  if (json) {
    io.stdout(JSON.stringify(findings, null, 2));
    return;
  }
  for (const { name, verdict, found, remedy } of findings) {
    io.stdout(`${SHOWN[verdict].padEnd(5)} ${name.padEnd(12)} ${plain(found)}`);
    if (remedy !== null) io.stdout(`${' '.repeat(19)}-> ${plain(remedy)}`);
  }
  const count = (verdict: Finding['verdict']): number =>
    findings.filter((finding) => finding.verdict === verdict).length;
  io.stdout(`${count('bad')} bad, ${count('warn')} to think about, ${count('ok')} well`);
}
