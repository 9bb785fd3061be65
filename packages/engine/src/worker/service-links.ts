/** The worker's own connections: one to each node for questions about it, and one that asks for password verifiers. */
import { createCredentials } from '@pgherd/auth';
import { encodeStartup, PROTOCOL_3_0 } from '@pgherd/wire';
import type { Link } from '../backend/link.ts';
import { openLink } from '../backend/open-link.ts';
import { AuthLink } from './auth-link.ts';
import { connectLimitMs } from './links.ts';
import { ServiceLink } from './service-link.ts';
import type { WorkerContext } from './worker-context.ts';

export class ServiceLinks {
  private readonly context: WorkerContext;
  private readonly services = new Map<number, ServiceLink>();
  private authLink: AuthLink | null = null;

  constructor(context: WorkerContext) {
    this.context = context;
  }

  /** Asks a node with sr_check_user, outside the pools. */
  to(nodeId: number): ServiceLink {
    let service = this.services.get(nodeId);
    if (service === undefined) {
      service = new ServiceLink(() => this.open(nodeId));
      this.services.set(nodeId, service);
    }
    return service;
  }

  open(nodeId: number, database = this.context.settings.sr_check_database, path = 'pg_catalog,pg_temp'): Promise<Link> {
    const { settings, cluster } = this.context;
    const node = cluster.nodes.find((candidate) => candidate.id === nodeId);
    if (node === undefined || settings.sr_check_user === '')
      return Promise.reject(new Error('nobody may ask that node'));
    return openLink(
      {
        nodeId,
        epoch: this.context.terms.of(nodeId),
        host: node.host,
        port: node.port,
        key: 'service',
        database,
        user: settings.sr_check_user,
        startup: encodeStartup({
          protocol: PROTOCOL_3_0,
          params: [
            ['user', settings.sr_check_user],
            ['database', database],
            ['application_name', 'pgherd worker'],
            ['client_encoding', 'UTF8'],
            ['options', `-c search_path=${path} -c statement_timeout=5s`],
          ],
        }),
        tls: this.context.backendTls,
        deadlineMs: connectLimitMs(this.context.settings, nodeId),
        credentials: () => {
          const password = this.context.access.ownPassword(settings.sr_check_user, settings.sr_check_password);
          return createCredentials(password === null ? {} : { password });
        },
      },
      this.context.counters,
    );
  }

  /** What auth_query says of a user. While the primary changes it waits, as the client that it is for would. */
  async authLookup(user: string): Promise<Awaited<ReturnType<AuthLink['lookup']>>> {
    for (;;) {
      if (this.context.cluster.hold !== null) await this.context.hold.primary();
      const { epoch } = this.context.cluster;
      try {
        return await this.lookupNow(user);
      } catch (error) {
        if (this.context.cluster.epoch === epoch && this.context.cluster.hold === null) throw error;
      }
    }
  }

  private lookupNow(user: string): ReturnType<AuthLink['lookup']> {
    if (this.authLink === null) {
      const { cluster, settings } = this.context;
      const node = cluster.nodes.find((candidate) => candidate.id === cluster.primary);
      if (node === undefined) return Promise.reject(new Error('no primary node is known for auth_query'));
      this.authLink = new AuthLink(
        {
          nodeId: node.id,
          epoch: this.context.terms.of(node.id),
          host: node.host,
          port: node.port,
          tls: this.context.backendTls,
          user: settings.auth_user,
          database: settings.auth_dbname,
          query: settings.auth_query,
          deadlineMs: connectLimitMs(this.context.settings, node.id),
          credentials: () => {
            const password = this.context.access.ownPassword(settings.auth_user, settings.auth_password);
            return createCredentials(password === null ? {} : { password });
          },
        },
        this.context.counters,
      );
    }
    return this.authLink.lookup(user);
  }

  /** Another configuration: what was asked is still answered, the next question goes by the new one. */
  retireAuth(): void {
    this.authLink?.retire();
    this.authLink = null;
  }

  /** Another epoch: none of them says anything more. */
  cut(because: string): void {
    for (const service of this.services.values()) service.cut(because);
    this.services.clear();
    this.authLink?.cut(because);
    this.authLink = null;
  }

  close(): void {
    for (const service of this.services.values()) service.close();
    this.services.clear();
    this.authLink?.close();
    this.authLink = null;
  }
}
