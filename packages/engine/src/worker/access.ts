/**
 * Who may come in, and how: pool_hba.conf, pool_passwd and auth_query put together into a sign-in method for one client.
 * Rebuilt whole on every reload.
 */
import dns from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import {
  type AuthCache,
  type AuthKnowledge,
  authKnowledge,
  clientCertificate,
  createFrontendMethod,
  type FrontendMethod,
  methodForBackendRequest,
  type Secret,
} from '@pgherd/auth';
import { type HbaRule, matchHba, type PoolPasswd, parseHba, parsePoolPasswd, type Settings } from '@pgherd/config';
import type { StartupMessage } from '@pgherd/wire';
import { type AuthRequest, BackendUnavailableError } from '../backend/open-link.ts';
import type { Peer, Refusal } from '../frontend/startup.ts';
import type { ConfigSnapshot } from '../ipc.ts';

const DNS_LIMIT_MS = 5_000;

export class Access {
  private readonly settings: Settings;
  private readonly rules: readonly HbaRule[];
  private readonly passwd: PoolPasswd | null;
  private readonly cache: AuthCache | null;
  /** SHA-256 of our certificate for channel binding, if there is one. */
  private readonly serverHash: Buffer | null;
  private readonly mockSecret: Buffer;

  constructor(snapshot: ConfigSnapshot, cache: AuthCache | null, serverHash: Buffer | null) {
    this.settings = snapshot.settings;
    this.cache = cache;
    this.serverHash = serverHash;
    this.mockSecret = Buffer.from(snapshot.mockSecret);
    const hba = snapshot.hba;
    if (hba === null) this.rules = [];
    else {
      const parsed = parseHba({
        text: hba.text,
        file: hba.file,
        readFile: (path) => {
          const text = hba.includes[path];
          if (text === undefined) throw new Error(`file ${path} could not be read`);
          return text;
        },
      });
      if (!parsed.ok) throw new Error('pool_hba.conf: the supervisor let a broken file through');
      this.rules = parsed.rules;
    }
    this.passwd = snapshot.passwd === null ? null : parsePoolPasswd(snapshot.passwd.text, snapshot.passwd.file);
  }

  /** The pool_passwd entry of a user, else what auth_query knows. */
  private async knowledge(user: string): Promise<AuthKnowledge> {
    const entry = this.passwd?.lookup(user) ?? null;
    if (entry !== null) return { entry: toSecret(entry), knowsUser: undefined };
    if (this.cache === null) return { entry: null, knowsUser: undefined };
    try {
      return authKnowledge(await this.cache.lookup(user));
    } catch (cause) {
      // Whatever went wrong there is the operator's business.
      throw new BackendUnavailableError(-1, 'the password of this user could not be looked up', { cause });
    }
  }

  /** The clear-text password of one of our own users. */
  ownPassword(user: string, given: string): string | null {
    if (given !== '') return given.startsWith('TEXT') ? given.slice(4) : given;
    const entry = this.passwd?.lookup(user) ?? null;
    return entry?.kind === 'text' ? entry.password : null;
  }

  async method(peer: Peer, message: StartupMessage): Promise<FrontendMethod | 'follow' | Refusal> {
    if (!this.settings.enable_pool_hba) return 'follow';
    const rule = await this.rule(peer, message);
    if (rule === null) return noEntry(peer, message);
    if (rule.method === 'reject') return rejected(peer, message);
    return this.build(rule.method, peer, message.user);
  }

  private async rule(peer: Peer, message: StartupMessage): Promise<HbaRule | null> {
    return matchHba(
      this.rules,
      {
        kind: peer.unix ? 'local' : 'host',
        tls: peer.tls !== null,
        ...(peer.unix ? {} : { address: peer.address }),
        database: message.database,
        user: message.user,
        replication: message.replication === 'physical',
      },
      {
        interfaces: Object.values(networkInterfaces()).flatMap((entries) => entries ?? []),
        reverseLookup: async (address: string) => withLimit(dns.reverse(address)),
        forwardLookup: async (name: string) =>
          (await withLimit(dns.lookup(name, { all: true }))).map((entry) => entry.address),
      },
    );
  }

  private async build(
    method: Parameters<typeof createFrontendMethod>[0],
    peer: Peer,
    user: string,
  ): Promise<FrontendMethod> {
    // Only a method that asks for a password needs to know more than the password file does.
    const asks = method !== 'trust' && method !== 'reject' && method !== 'cert';
    const { entry, knowsUser } = asks ? await this.knowledge(user) : this.fromFile(user);
    const certificate = peer.tls === null ? null : clientCertificate(peer.tls);
    const start = (known: AuthKnowledge): FrontendMethod =>
      createFrontendMethod(method, {
        user,
        entry: known.entry,
        knowsUser: known.knowsUser,
        mockSecret: this.mockSecret,
        tls:
          certificate === null
            ? null
            : {
                serverEndPointHash: this.serverHash,
                clientCertificateCn: certificate.kind === 'valid' ? certificate.commonName : null,
              },
      });
    const signIn = start({ entry, knowsUser });
    return this.cache === null || !asks ? signIn : this.renewing(signIn, user);
  }

  /** A failed proof asks the server once more: the password may have changed since the verifier was read. */
  private renewing(signIn: FrontendMethod, user: string): FrontendMethod {
    const { cache } = this;
    return {
      begin: () => signIn.begin(),
      respond: async (body) => {
        const step = await signIn.respond(body);
        if (step.kind === 'refuse' && step.error.sqlstate === '28P01') {
          await cache?.renew(user, null).catch(() => undefined);
        }
        return step;
      },
    };
  }

  /** A trusted client needs no proof, but the server may ask for the password that pool_passwd holds. */
  private fromFile(user: string): AuthKnowledge {
    const entry = this.passwd?.lookup(user) ?? null;
    return { entry: entry === null ? null : toSecret(entry), knowsUser: undefined };
  }

  /** enable_pool_hba = off: the client is asked as the main node asks. */
  async methodFor(peer: Peer, message: StartupMessage, request: AuthRequest): Promise<FrontendMethod | Refusal> {
    const { user } = message;
    const known = request === 'ok' ? this.fromFile(user) : await this.knowledge(user);
    const how = methodForBackendRequest(request, user, known.entry, this.settings.allow_clear_text_frontend_auth);
    return how.kind === 'refuse' ? how.step.error : this.build(how.method, peer, user);
  }
}

function toSecret(entry: NonNullable<ReturnType<PoolPasswd['lookup']>>): Secret {
  switch (entry.kind) {
    case 'md5':
      return { kind: 'md5', hash: `md5${entry.hash}` };
    case 'text':
      return { kind: 'text', password: entry.password };
    default:
      return { kind: 'aes' };
  }
}

function withLimit<T>(promise: Promise<T>): Promise<T> {
  return Promise.race([
    promise,
    new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new Error('name resolution took too long')), DNS_LIMIT_MS).unref();
    }),
  ]);
}

function whom(peer: Peer, message: StartupMessage): string {
  const encryption = peer.unix ? '' : `, ${peer.tls === null ? 'no encryption' : 'SSL encryption'}`;
  if (message.replication === 'physical') {
    return `replication connection from host "${peer.address}", user "${message.user}"${encryption}`;
  }
  return `host "${peer.address}", user "${message.user}", database "${message.database}"${encryption}`;
}

function noEntry(peer: Peer, message: StartupMessage): Refusal {
  return {
    sqlstate: '28000',
    message: `no pool_hba.conf entry for ${whom(peer, message)}`,
    hint: 'Add a line for it to pool_hba.conf and reload.',
  };
}

function rejected(peer: Peer, message: StartupMessage): Refusal {
  return {
    sqlstate: '28000',
    message: `pool_hba.conf rejects connection for ${whom(peer, message)}`,
  };
}
