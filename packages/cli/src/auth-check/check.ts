/** Walks one user through the whole chain of a sign-in, the way the engine would, and says where it ends. */
import { networkInterfaces } from 'node:os';
import type tls from 'node:tls';
import {
  type AuthKnowledge,
  authKnowledge,
  type Credentials,
  createClientTls,
  createCredentials,
  credentialsOfEntry,
  deriveKeys,
  type FrontendMethodName,
  matchesVerifier,
  md5Hash,
  methodForBackendRequest,
  parseVerifier,
  type Secret,
  sameBytes,
} from '@pgherd/auth';
import {
  type BackendSettings,
  formatIssue,
  type HbaRule,
  matchHba,
  type PasswordEntry,
  type Settings,
} from '@pgherd/config';
import { type PasswordFile, readHba, readPasswords } from '../read-files.ts';
import { SERVER_LIMIT_MS } from '../servers.ts';
import { askAuthQuery } from './ask-auth-query.ts';
import { type Held, isQuestion, missingFor, outlook, QUESTION_NAMES } from './held.ts';
import { type Knock, knock } from './knock.ts';

export interface CheckRequest {
  /** `ssl_*` names are absolute. */
  readonly settings: Settings;
  readonly config: string;
  readonly hba: string;
  readonly user: string;
  readonly database: string;
  /** An IP address, or `local` for a Unix socket. */
  readonly from: string;
  readonly tls: boolean;
  /** Null: nothing is proved, only looked at. */
  readonly password: string | null;
}

/** `-`: worth knowing, neither good nor bad. */
export type Verdict = 'ok' | 'missing' | '-';
export type Say = (verdict: Verdict, what: string, text: string) => void;

export interface Conclusion {
  readonly canSignIn: boolean;
  readonly sentence: string;
}

export async function checkSignIn(request: CheckRequest, say: Say): Promise<Conclusion> {
  return new Walk(request, say).run();
}

interface Node {
  readonly backend: BackendSettings;
  readonly knock: Knock;
}

class Walk {
  readonly #request: CheckRequest;
  readonly #passwords: PasswordFile;
  readonly #say: Say;
  /** What to do, one sentence each, in the order in which it was found out. */
  readonly #remedies: string[] = [];

  constructor(request: CheckRequest, say: Say) {
    this.#request = request;
    this.#say = say;
    this.#passwords = readPasswords(request.settings, request.config);
  }

  async run(): Promise<Conclusion> {
    const { user, settings, password } = this.#request;
    const ruled = settings.enable_pool_hba ? await this.#rule() : this.#noRule();
    const file = this.#fromFile();
    const fromFiles = this.#remedies.length;
    const known = await this.#fromServer(file);
    const nodes = await this.#knockAtAll();
    const isDark = nodes.length > 0 && nodes.every((node) => !node.knock.answered);
    const method = ruled ?? (settings.enable_pool_hba ? null : this.#derived(nodes, known));
    const asks = method !== 'trust' && method !== 'cert';
    const held =
      method === null ? null : await this.#client(method, asks ? known : { entry: file, knowsUser: undefined });
    const fitting = nodes.filter((node) => this.#node(node, held));
    if (password !== null && held !== null && this.#remedies.length === 0) {
      const credentials = await credentialsFor(held, asks ? known.entry : file, user, password);
      for (const node of fitting) await this.#signIn(node, credentials);
    }
    // What a server alone can know is not found out while none answers.
    if (isDark) this.#remedies.splice(fromFiles, Number.POSITIVE_INFINITY, START_SERVERS);
    return this.#conclude(fitting.length > 0, asks);
  }

  #missing(what: string, text: string, remedy: string): void {
    this.#say('missing', what, text);
    if (!this.#remedies.includes(remedy)) this.#remedies.push(remedy);
  }

  // --- which line of pool_hba.conf --------------------------------------------------------------------------------

  async #rule(): Promise<FrontendMethodName | null> {
    const { settings, hba, from, user, database } = this.#request;
    const { rules, issues } = readHba(settings, hba);
    const [broken] = issues.filter((issue) => issue.severity === 'error');
    if (broken !== undefined) {
      this.#missing('pool_hba.conf', formatIssue(broken), `Repair ${hba}, or name another with -a.`);
      return null;
    }
    const isLocal = from === 'local';
    const rule = await matchHba(
      rules,
      {
        kind: isLocal ? 'local' : 'host',
        tls: this.#request.tls,
        ...(isLocal ? {} : { address: from }),
        database,
        user,
        replication: false,
      },
      await surroundings(),
    );
    if (rule !== null) return this.#ruled(rule);
    const address = isLocal ? '' : `  ${from}/${from.includes(':') ? 128 : 32}`;
    const line = `${isLocal ? 'local' : 'host'}  ${quoted(database)}  ${quoted(user)}${address}  scram-sha-256`;
    const whom = `user ${user}, database ${database}, ${isLocal ? 'a Unix socket' : from}${this.#request.tls ? ', TLS' : ''}`;
    this.#missing('pool_hba.conf', `no line of ${hba} is for ${whom}`, `Add "${line}" to ${hba}, and reload.`);
    return null;
  }

  #ruled(rule: HbaRule): FrontendMethodName | null {
    const place = `${rule.file}:${rule.line}`;
    if (rule.method === 'reject') {
      this.#missing('pool_hba.conf', `${place} rejects this client`, `Put a line that lets it in above ${place}.`);
      return null;
    }
    this.#say('ok', 'pool_hba.conf', `${place} decides: ${rule.method}`);
    return rule.method;
  }

  #noRule(): null {
    this.#say('-', 'pool_hba.conf', 'not used (enable_pool_hba = off): the client is asked as the server asks');
    return null;
  }

  #derived(nodes: readonly Node[], { entry }: AuthKnowledge): FrontendMethodName | null {
    const asked = nodes.find((node) => node.knock.asks !== null)?.knock.asks;
    if (asked === undefined || asked === null) return null; // no server answered, which has been said
    const { settings, user } = this.#request;
    const how = methodForBackendRequest(asked, user, entry, settings.allow_clear_text_frontend_auth);
    if (how.kind === 'method') return how.method;
    const name = isQuestion(asked) ? QUESTION_NAMES[asked] : asked;
    this.#missing('client', `cannot be asked as the server asks (${name})`, this.#entryRemedy('a TEXT entry'));
    return null;
  }

  // --- what is known of the user ----------------------------------------------------------------------------------

  #fromFile(): Secret | null {
    const { path, entries, issue } = this.#passwords;
    if (path === null) {
      this.#say('-', 'pool_passwd', "not used (pool_passwd = '')");
      return null;
    }
    if (issue !== null) {
      this.#missing('pool_passwd', formatIssue(issue), `Make ${path} readable.`);
      return null;
    }
    const entry = entries.lookup(this.#request.user);
    if (entry === null) {
      this.#say('-', 'pool_passwd', `${path} has no entry for ${this.#request.user}`);
      return null;
    }
    const isOfUse = entry.kind === 'text' || entry.kind === 'md5';
    this.#say(isOfUse ? 'ok' : '-', 'pool_passwd', `${path} has ${ENTRY_NAMES[entry.kind]}`);
    return toSecret(entry);
  }

  async #fromServer(file: Secret | null): Promise<AuthKnowledge> {
    const { settings, user } = this.#request;
    if (settings.auth_query === '' || settings.auth_user === '') return { entry: file, knowsUser: undefined };
    if (file !== null) {
      this.#say('-', 'auth_query', 'not asked, because pool_passwd has the user');
      return { entry: file, knowsUser: undefined };
    }
    const answer = await askAuthQuery(settings, this.#passwords, user);
    if (!answer.ok) {
      const remedy = `Let ${settings.auth_user} (auth_user) sign in to ${settings.auth_dbname} and run auth_query, with its password in pool_passwd.`;
      this.#missing('auth_query', answer.reason, remedy);
      return { entry: null, knowsUser: undefined };
    }
    const { row } = answer;
    const fault =
      row === null ? 'does not exist' : row.expired ? 'has expired' : row.canLogin ? null : 'may not log in (NOLOGIN)';
    if (fault !== null) {
      const role = sqlName(user);
      const remedy =
        row === null
          ? `Create the role: CREATE ROLE ${role} LOGIN, then \\password.`
          : row.expired
            ? `Let it live on: ALTER ROLE ${role} VALID UNTIL 'infinity'.`
            : `Let it in: ALTER ROLE ${role} LOGIN.`;
      this.#missing('auth_query', `node ${answer.nodeId}: the role ${user} ${fault}`, remedy);
    } else if (row?.secret === null) {
      this.#say('-', 'auth_query', `node ${answer.nodeId}: the role ${user} has no password`);
    } else {
      const kind = row?.secret?.kind === 'scram' ? 'a SCRAM verifier' : 'an md5 hash';
      this.#say('ok', 'auth_query', `node ${answer.nodeId}: the role ${user} has ${kind}`);
    }
    return authKnowledge(row);
  }

  // --- the client's side ------------------------------------------------------------------------------------------

  async #client(method: FrontendMethodName, known: AuthKnowledge): Promise<Held | null> {
    const { user, password, settings } = this.#request;
    if (method === 'cert' && !(this.#request.tls && settings.ssl && hasTrust(settings))) {
      const remedy = 'cert needs a hostssl line, ssl = on and ssl_ca_cert, and a client that comes by TLS (--tls).';
      this.#missing('client', 'cannot show a certificate', remedy);
      return null;
    }
    const asks = method !== 'trust' && method !== 'cert';
    if (asks && known.knowsUser === false) {
      this.#say('missing', 'client', 'no password is right for this role');
      return null;
    }
    const found = outlook(method, known.entry);
    if (!found.can) {
      this.#missing('client', `cannot prove itself: ${method} needs ${found.needs}`, this.#entryRemedy(found.needs));
      return null;
    }
    if (!asks) this.#say('ok', 'client', method === 'cert' ? 'shows its certificate' : 'is asked nothing');
    else if (password === null) this.#say('ok', 'client', `is asked by ${clientAsks(method, known.entry)}; not tried`);
    else {
      const wrong = await whyWrong(password, user, known.entry);
      if (wrong !== null) {
        this.#missing('client', wrong, 'Give the password that the entry was made of.');
        return null;
      }
      this.#say(
        'ok',
        'client',
        found.holds === 'unproved' ? 'a server has to judge the password' : 'the password is right',
      );
    }
    return found.holds;
  }

  #entryRemedy(needs: string): string {
    const { settings, user } = this.#request;
    const file = this.#passwords.path;
    if (file === null) return `Set pool_passwd to a file, and add ${needs} for ${user}.`;
    const line = needs.includes('md5') ? `run pg_md5 -m -f ${this.#request.config} -u ${user} -p` : null;
    const put = `put "${user}:TEXT<password>" into ${file}`;
    const either = line === null ? put : `${line}, or ${put}`;
    const query = settings.auth_query === '' ? ', or set auth_query and auth_user' : '';
    return `${either.charAt(0).toUpperCase()}${either.slice(1)}${query}; then reload.`;
  }

  // --- the servers' side ------------------------------------------------------------------------------------------

  async #knockAtAll(): Promise<Node[]> {
    const { backends } = this.#request.settings;
    if (backends.length === 0)
      this.#missing('servers', 'none is configured', 'Set backend_hostname0 and backend_port0.');
    return Promise.all(backends.map(async (backend) => ({ backend, knock: await this.#knock(backend, null) })));
  }

  async #knock(backend: BackendSettings, credentials: Credentials | null): Promise<Knock> {
    const { settings, user, database } = this.#request;
    const door = { host: backend.hostname, port: backend.port, user, database, limitMs: SERVER_LIMIT_MS };
    try {
      return await knock({ ...door, tls: await this.#tls(settings) }, credentials);
    } catch (error) {
      return { asks: null, isIn: false, answered: false, reason: (error as Error).message };
    }
  }

  async #tls(settings: Settings): Promise<tls.ConnectionOptions | null> {
    return settings.ssl ? (await createClientTls(settings)).connectOptions : null;
  }

  /** @param held null: the client does not get this far @returns whether this server would let the session in */
  #node({ backend, knock: { asks, isIn, reason, answered } }: Node, held: Held | null): boolean {
    const what = `node ${backend.id}`;
    const place = `${backend.hostname}:${backend.port}`;
    if (!answered) {
      // A server that is down keeps nobody out while another one answers.
      this.#say('missing', what, `${place} does not answer: ${reason}`);
      return false;
    }
    if (asks === null || (asks === 'ok' && !isIn)) {
      this.#missing(
        what,
        `${place} refuses: ${reason}`,
        `Let the server at ${place} take this user (its pg_hba.conf, its roles and databases).`,
      );
      return false;
    }
    if (!isQuestion(asks)) {
      this.#missing(
        what,
        `${place} asks in a way that is not supported`,
        `Change the method in pg_hba.conf of ${place}.`,
      );
      return false;
    }
    if (held === null) {
      this.#say('-', what, `${place} asks for ${QUESTION_NAMES[asks]}`);
      return false;
    }
    const missing = missingFor(asks, held);
    if (missing === null) {
      this.#say(
        'ok',
        what,
        `${place} asks for ${QUESTION_NAMES[asks]}${asks === 'ok' ? '' : ', which can be answered'}`,
      );
      return true;
    }
    this.#missing(
      what,
      `${place} asks for ${QUESTION_NAMES[asks]}, which needs ${missing}`,
      this.#entryRemedy(missing),
    );
    return false;
  }

  async #signIn({ backend }: Node, credentials: Credentials): Promise<void> {
    const what = `node ${backend.id}`;
    const { isIn, reason } = await this.#knock(backend, credentials);
    if (isIn) this.#say('ok', what, 'signed in');
    else {
      const place = `${backend.hostname}:${backend.port}`;
      this.#missing(
        what,
        `sign-in failed: ${reason}`,
        `Make the password at ${place} and the entry for ${this.#request.user} the same, and the database one that it may enter.`,
      );
    }
  }

  #conclude(anyServer: boolean, asks: boolean): Conclusion {
    const { user, password } = this.#request;
    if (anyServer && this.#remedies.length === 0) {
      if (password !== null) return { canSignIn: true, sentence: `${user} can sign in.` };
      const how = asks ? ', given the right password (--password-stdin tries one)' : ' without a password';
      return { canSignIn: true, sentence: `${user} can sign in${how}.` };
    }
    const remedies = this.#remedies.length > 0 ? this.#remedies : [START_SERVERS];
    return { canSignIn: false, sentence: `${user} cannot sign in. ${remedies.join(' ')}` };
  }
}

const START_SERVERS = 'Start the servers, or correct backend_hostnameN and backend_portN.';

const ENTRY_NAMES: Readonly<Record<PasswordEntry['kind'], string>> = {
  text: 'a clear-text (TEXT) entry',
  md5: 'an md5 entry',
  aes: 'an AES entry, which this version cannot read',
  'scram-verifier': 'a SCRAM verifier, which nobody can sign in with',
};

function toSecret(entry: PasswordEntry): Secret {
  if (entry.kind === 'text') return entry;
  return entry.kind === 'md5' ? { kind: 'md5', hash: `md5${entry.hash}` } : { kind: 'aes' };
}

/** md5 on a user with a SCRAM verifier means SCRAM, as in PostgreSQL. */
function clientAsks(method: FrontendMethodName, entry: Secret | null): string {
  return method === 'md5' && entry?.kind === 'scram' ? 'scram-sha-256' : method;
}

/** Null: right, or only a server can tell. */
async function whyWrong(password: string, user: string, entry: Secret | null): Promise<string | null> {
  const wrong = 'the password does not match the entry';
  switch (entry?.kind) {
    case 'text':
      return sameBytes(Buffer.from(password), Buffer.from(entry.password)) ? null : wrong;
    case 'md5':
      return sameBytes(Buffer.from(md5Hash(password, user)), Buffer.from(entry.hash)) ? null : wrong;
    case 'scram': {
      const verifier = parseVerifier(entry.verifier);
      return verifier !== null && (await matchesVerifier(password, verifier)) ? null : wrong;
    }
    default:
      return null;
  }
}

async function credentialsFor(held: Held, entry: Secret | null, user: string, password: string): Promise<Credentials> {
  switch (held) {
    case 'nothing':
      return createCredentials();
    case 'unproved':
      return createCredentials({ password, unproved: true });
    case 'md5':
      return createCredentials({ md5: entry?.kind === 'md5' ? entry.hash : md5Hash(password, user) });
    case 'password':
      return entry?.kind === 'text' ? credentialsOfEntry(entry) : createCredentials({ password });
    case 'scram': {
      const verifier = entry?.kind === 'scram' ? parseVerifier(entry.verifier) : null;
      if (verifier === null) return createCredentials();
      return createCredentials({ scram: await deriveKeys(password, verifier.salt, verifier.iterations) });
    }
  }
}

async function surroundings(): Promise<Parameters<typeof matchHba>[2]> {
  const dns = await import('node:dns/promises');
  return {
    interfaces: Object.values(networkInterfaces()).flatMap((entries) => entries ?? []),
    reverseLookup: (address) => dns.reverse(address),
    forwardLookup: async (name) => (await dns.lookup(name, { all: true })).map((entry) => entry.address),
  };
}

const hasTrust = (settings: Settings): boolean => settings.ssl_ca_cert !== '' || settings.ssl_ca_cert_dir !== '';
const quoted = (name: string): string => (/^[\w.-]+$/.test(name) ? name : `"${name}"`);
const sqlName = (name: string): string => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);
