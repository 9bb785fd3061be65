/** `pgherd agent`: runs beside a PostgreSQL server and does what only its host can do. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DataDirectoryAgent, pgCtlServer, serveAgent } from '@pgherd/agent';
import { UsageError } from '../errors.ts';
import { StopSignals } from '../stop-signals.ts';
import type { Command } from './command.ts';

const USAGE = `pgherd agent --data-dir DIR --listen HOST:PORT --cert FILE --key FILE --ca FILE --peer HOST:PORT... [options]

Runs beside a PostgreSQL server, for switchovers and recoveries: starts, stops, rewinds and copies that one server when an engine
asks that shows a certificate of the authority. Run it as the user who owns the data directory.

  --data-dir DIR       the server's data directory; nothing else is touched
  --listen HOST:PORT   where engines reach it
  --cert, --key FILE   what it shows to engines
  --ca FILE            the authority of the engines' certificates
  --peer HOST:PORT     a server that it may copy from and follow; may be given several times
  --node N             number of the server's backend (default 0): its slot is pgherd_nodeN, its application_name serverN
  --slot NAME          the slot that it streams through, instead; "none" for none
  --application-name NAME
                       how it is named in pg_stat_replication, instead
  --pg-bin DIR         where pg_ctl and pg_rewind are (default: found on PATH and in /usr/lib/postgresql)
  --passfile FILE      passwords of the replication user, for its own connections and primary_conninfo (default ~/.pgpass)
  --user NAME          the replication user (default replication)

The password is read from the passfile (host:port:database:user:password, 0600).`;

interface Address {
  readonly host: string;
  readonly port: number;
}

function address(text: string, name: string): Address {
  const form = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d+)$/.exec(text);
  const port = Number(form?.[3]);
  if (form === null || port < 1 || port > 65_535)
    throw new UsageError(`${name}: "${text}" is not of the form HOST:PORT`);
  return { host: form[1] ?? form[2] ?? '', port };
}

/** The first line of a passfile that fits; `*` fits all. */
export function passwordFor(text: string, peer: Address, user: string): string | null {
  for (const line of text.split('\n')) {
    const fields = [...line.matchAll(/((?:\\.|[^:\\])*)(?::|$)/g)].map(([, field = '']) =>
      field.replace(/\\(.)/g, '$1'),
    );
    const [host, port, , name, password] = fields;
    if (line.startsWith('#') || password === undefined) continue;
    const fits = (field: string | undefined, value: string): boolean => field === '*' || field === value;
    if (fits(host, peer.host) && fits(port, String(peer.port)) && fits(name, user)) return password;
  }
  return null;
}

function program(name: string, directory: string | undefined): string | undefined {
  const places =
    directory === undefined
      ? [...(process.env['PATH'] ?? '').split(':'), ...versions('/usr/lib/postgresql')]
      : [directory];
  return places.map((place) => path.join(place, name)).find((file) => fs.existsSync(file));
}

function versions(root: string): string[] {
  try {
    const found = fs.readdirSync(root).sort((a, b) => Number(b) - Number(a));
    return found.map((version) => path.join(root, version, 'bin'));
  } catch {
    return [];
  }
}

export const agentCommand: Command = {
  summary: 'run beside a server, to start, stop, rewind and copy it',
  usage: USAGE,
  async run(args, io) {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...args],
      options: {
        'data-dir': text,
        listen: text,
        cert: text,
        key: text,
        ca: text,
        peer: { type: 'string', multiple: true },
        node: text,
        slot: text,
        'application-name': text,
        'pg-bin': text,
        passfile: text,
        user: text,
      },
    });
    const need = (name: 'data-dir' | 'listen' | 'cert' | 'key' | 'ca'): string => {
      const value = values[name];
      if (value === undefined || value === '') throw new UsageError(`--${name} is missing\n\n${USAGE}`);
      return value;
    };
    const dataDirectory = path.resolve(need('data-dir'));
    const listen = address(need('listen'), '--listen');
    const peers = (values.peer ?? []).map((peer) => address(peer, '--peer'));
    if (peers.length === 0) throw new UsageError(`--peer is missing\n\n${USAGE}`);
    const pgCtl = program('pg_ctl', values['pg-bin']);
    if (pgCtl === undefined) throw new UsageError('there is no pg_ctl: name its directory with --pg-bin');
    const passfile = path.resolve(values.passfile ?? path.join(os.homedir(), '.pgpass'));
    const user = values.user ?? 'replication';
    const [first] = peers as [Address];
    const password = fs.existsSync(passfile) ? (passwordFor(fs.readFileSync(passfile, 'utf8'), first, user) ?? '') : '';
    const node = values.node ?? '0';
    const slot = values.slot ?? `pgherd_node${node}`;
    const applicationName = values['application-name'] ?? `server${node}`;
    const agent = new DataDirectoryAgent({
      dataDirectory,
      server: pgCtlServer({ dataDirectory, pgCtl, logFile: path.join(dataDirectory, 'pgherd_agent_start.log') }),
      replication: { user, password },
      rewind: { user, password },
      pgRewind: program('pg_rewind', values['pg-bin']),
      mayFollow: ({ host, port }) => peers.some((peer) => peer.host === host && peer.port === port),
      followSettings: (primary) => ({
        primary_conninfo:
          `host=${quoted(primary.host)} port=${primary.port} user=${quoted(user)} ` +
          `application_name=${quoted(applicationName)} passfile=${quoted(passfile)}`,
        primary_slot_name: slot === 'none' ? '' : slot,
      }),
    });
    const service = await serveAgent({
      agent,
      ...listen,
      cert: fs.readFileSync(need('cert'), 'utf8'),
      key: fs.readFileSync(need('key'), 'utf8'),
      ca: fs.readFileSync(need('ca'), 'utf8'),
      log: (line) => io.stderr(`${new Date().toISOString()} ${line}`),
    });
    io.stdout(`pgherd agent for ${dataDirectory} listens on ${listen.host}:${service.port}`);
    await new StopSignals().asked;
    await service.close();
    return 0;
  },
};

const quoted = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
