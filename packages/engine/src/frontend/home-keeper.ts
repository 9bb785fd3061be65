/**
 * Sees to it that a session has a home that it may use: a connection to the primary. One that was lost is replaced when a
 * statement needs it; while transactions are held none begins.
 */
import type { Link } from '../backend/link.ts';
import { BackendUnavailableError } from '../backend/open-link.ts';
import type { PreparedStatements } from './prepared.ts';
import { rebuild } from './rebuild.ts';
import type { RoutedSession, RouterHost } from './router-host.ts';
import type { RouterSession } from './router-session.ts';
import type { SettingsLog } from './settings-log.ts';

const STATUS_IDLE = 0x49;
const ERROR = { severity: 'ERROR', severityNonLocalized: 'ERROR', all: new Map<string, string>() } as const;
/** What a server says that starts, stops, recovers or is full: not its last word. */
const MAY_PASS = /^(?:57P0[0-4]|53300)$/;

export interface KeptSession extends RoutedSession {
  readonly settings: SettingsLog;
  readonly statements: PreparedStatements;
  homeChanged(link: Link): void;
}

export class HomeKeeper {
  private readonly host: RouterHost;
  private readonly session: RouterSession;
  private readonly routed: KeptSession;
  /** Counts the statements that had to wait: which of them waits now. */
  private turn = 0;
  private waits = false;
  private renewing: Promise<void> | null = null;

  constructor(host: RouterHost, session: RouterSession, routed: KeptSession) {
    this.host = host;
    this.session = session;
    this.routed = routed;
  }

  /** Nothing may be begun on the home link: it is closed, or transactions are held and none is open. While they are held
   *  and something is at work there, it cannot be told yet whether one is. */
  get barred(): boolean {
    const { home } = this.session;
    if (home.closed) return true;
    return this.host.held && (home.status === STATUS_IDLE || home.replies.running);
  }

  /**
   * Waits until the statement at hand may go to the home link. Nothing is owed.
   * @returns false when the client has its answer, or is gone
   */
  async ready(): Promise<boolean> {
    const { session } = this;
    const turn = ++this.turn;
    const goesOn = (): boolean => !session.ended && turn === this.turn;
    this.waits = true;
    try {
      while (this.barred && goesOn()) {
        if (session.home.closed) {
          session.home.tellEnd(); // the session may not have heard of it yet
          if (!session.ended) await this.renew();
        } else await this.host.released();
      }
    } catch (error) {
      if (goesOn()) {
        this.waits = false;
        this.refused(error as Error);
      }
      return false;
    }
    if (!goesOn()) return false;
    this.waits = false;
    return true;
  }

  /** The client cancels the statement that waits. @returns false when none waits, or none that could be answered alone */
  cancel(): boolean {
    if (!this.waits || this.session.ended) return false;
    const message = 'canceling statement due to user request';
    const turn = this.turn++;
    this.waits = false;
    if (this.session.failWaiting({ ...ERROR, sqlstate: '57014', message })) return true;
    this.turn = turn;
    this.waits = true;
    return false;
  }

  /** One at a time: a statement that was cancelled may leave one under way. */
  private renew(): Promise<void> {
    this.renewing ??= this.renewNow().finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  private async renewNow(): Promise<void> {
    const { host, session, routed } = this;
    const link = await host.openHome(routed);
    const why = await rebuild(link, routed.settings, routed.statements);
    // Without a statement that waits, the client may be in the middle of an answer from elsewhere.
    if (session.ended || link.closed || !this.waits) {
      host.closeReader(link, !link.closed && why === null);
      return;
    }
    if (why !== null) {
      host.closeReader(link, false);
      session.endWith('epoch', '57P01', 'terminating connection because the primary was lost', `${why}.`);
      return;
    }
    session.adoptHome(link);
    routed.homeChanged(link);
  }

  private refused(error: Error): void {
    const { session, host } = this;
    if (!(error instanceof BackendUnavailableError)) host.trouble(error);
    // What the server itself refuses (a role that is gone) will not be otherwise for the next statement.
    const fields = error instanceof BackendUnavailableError ? error.fields : null;
    if (fields !== null && !MAY_PASS.test(fields.sqlstate)) {
      session.endWith('epoch', fields.sqlstate, fields.message);
      return;
    }
    const { message } = error;
    if (!session.failWaiting({ ...ERROR, sqlstate: '57P03', message })) session.endWith('epoch', '57P03', message);
  }
}
