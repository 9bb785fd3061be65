/** What the engine answers its clients itself: SHOW pool_* and the PGPOOL commands. */
import {
  type SessionSetResult,
  type SessionValues,
  type Settings,
  setInSession,
  showError,
  showLayout,
  showRows,
} from '@pgherd/config';
import { encodeNoticeResponse } from '@pgherd/wire';
import type { OwnCommand } from '../frontend/intercept.ts';
import { done, failed, type OwnAnswer, rowsAnswer } from '../frontend/report.ts';
import type { Session } from '../frontend/session.ts';
import type { HerdReport } from '../ipc.ts';
import type { Level } from '../log/logger.ts';
import { reachesClient } from '../log/names.ts';
import type { RouteRow } from '../routing/explain.ts';
import { EXPLAIN_COLUMNS, SHOW_COLUMNS, type ShowName } from '../show-columns.ts';

export interface AnswerPorts {
  /** As configured, whatever a session has set. */
  readonly settings: Settings;
  /** Asks the supervisor; null when it does not answer in time. */
  report(session: Session, name: string): Promise<HerdReport | null>;
  /** The session goes by these values from now on. */
  setValues(session: Session, values: SessionValues): void;
  /** @returns rows, or what the server said when it was asked what a name means */
  explain(session: Session, sql: string): Promise<readonly RouteRow[] | { readonly error: string }>;
}

const SQLSTATES: Readonly<Record<Extract<SessionSetResult, { ok: false }>['reason'], string>> = {
  'unknown name': '42704',
  'not for a session': '55P02',
  'bad value': '22023',
};
const ITEMS = ['item', 'value', 'description'] as const;

export class Answers {
  private readonly ports: AnswerPorts;

  constructor(ports: AnswerPorts) {
    this.ports = ports;
  }

  /** What Describe says of a command; none = it has no rows. */
  columnsOf(what: OwnCommand): readonly string[] {
    switch (what.kind) {
      case 'show':
        return SHOW_COLUMNS[what.name as ShowName];
      case 'pgpool-show': {
        const layout = showLayout(what.name);
        return layout === null ? [] : layout === 'value' ? [what.name] : ITEMS;
      }
      case 'pgpool-explain':
        return EXPLAIN_COLUMNS;
      default:
        return [];
    }
  }

  async answer(session: Session, what: OwnCommand): Promise<OwnAnswer> {
    switch (what.kind) {
      case 'show': {
        const report = await this.ports.report(session, what.name);
        if (report === null) return failed('57014', `the supervisor did not answer SHOW ${what.name} in time`);
        return rowsAnswer(report.columns, report.rows);
      }
      case 'pgpool-show':
        return this.show(session, what.name);
      case 'pgpool-set':
        return this.set(session, what.name, what.value);
      case 'pgpool-reset-all':
        this.ports.setValues(session, {});
        return done('RESET');
      case 'pgpool-delete-cache':
        return done('SET', this.notice(session, `query cache does not exist for query: "${what.query}"`));
      case 'pgpool-explain': {
        const rows = await this.ports.explain(session, what.sql);
        if ('error' in rows) return failed('XX000', rows.error);
        return rowsAnswer(EXPLAIN_COLUMNS, rows.map(explainRow));
      }
    }
  }

  private settingsOf(session: Session): Settings {
    return session.overlay?.settings ?? this.ports.settings;
  }

  private show(session: Session, name: string): OwnAnswer {
    const rows = showRows(this.settingsOf(session), name);
    if (rows === null) return failed('42704', showError(name));
    if (showLayout(name) === 'value') {
      return rowsAnswer(
        [name],
        rows.map((row) => [row.value]),
      );
    }
    return rowsAnswer(
      ITEMS,
      rows.map((row) => [row.item, row.value, row.description]),
    );
  }

  private set(session: Session, name: string, value: string | null): OwnAnswer {
    const result = setInSession(session.overlay?.values ?? {}, name, value);
    if (!result.ok) return failed(SQLSTATES[result.reason], result.message);
    this.ports.setValues(session, result.values);
    return done('SET');
  }

  private notice(session: Session, message: string): Buffer | null {
    if (!reachesClient('notice', this.settingsOf(session).client_min_messages as Level)) return null;
    return encodeNoticeResponse({ severity: 'NOTICE', sqlstate: '00000', message });
  }
}

function explainRow({ rule, verdict, value, node }: RouteRow): (string | null)[] {
  return [rule, verdict, value, node === null ? null : String(node)];
}
