/** What log_statement, log_per_node_statement, notice_per_node_statement and log_client_messages write. */
import type { Settings } from '@pgherd/config';
import {
  decodeBind,
  decodeClose,
  decodeDescribe,
  decodeExecute,
  decodeParse,
  encodeNoticeResponse,
  Frontend,
} from '@pgherd/wire';
import type { Session, SessionObserver } from '../frontend/session.ts';
import { queryText } from '../frontend/session.ts';
import type { Logger } from './logger.ts';

const NAMES: Readonly<Record<number, string>> = {
  [Frontend.BIND]: 'Bind',
  [Frontend.CLOSE]: 'Close',
  [Frontend.COPY_DATA]: 'CopyData',
  [Frontend.COPY_DONE]: 'CopyDone',
  [Frontend.COPY_FAIL]: 'CopyFail',
  [Frontend.DESCRIBE]: 'Describe',
  [Frontend.EXECUTE]: 'Execute',
  [Frontend.FLUSH]: 'Flush',
  [Frontend.FUNCTION_CALL]: 'FunctionCall',
  [Frontend.PARSE]: 'Parse',
  [Frontend.QUERY]: 'Query',
  [Frontend.SYNC]: 'Sync',
  [Frontend.TERMINATE]: 'Terminate',
};

/** Null when no setting asks to see messages, so that the hot path does not even look. */
export function messageObserver(settings: Settings, log: Logger): SessionObserver | null {
  const wanted =
    settings.log_statement ||
    settings.log_per_node_statement ||
    settings.notice_per_node_statement ||
    settings.log_client_messages;
  if (!wanted) return null;
  const texts = new WeakMap<Session, Map<string, string>>();
  return {
    frontendMessage(session, type, body) {
      const context = {
        application: session.client.application,
        database: session.client.database,
        user: session.client.user,
      };
      if (settings.log_client_messages && NAMES[type] !== undefined) {
        log.write('log', `${NAMES[type]} message from frontend.`, { detail: describe(type, body), context });
      }
      const statement = statementOf(session, type, body, texts);
      if (statement === null) return;
      if (settings.log_statement && (type === Frontend.QUERY || type === Frontend.EXECUTE)) {
        log.write('log', `statement: ${statement.text}`, { context });
      }
      const perNode = statement.label + statement.text;
      if (settings.log_per_node_statement) {
        log.write('log', `DB node id: ${session.link.nodeId} backend pid: ${session.link.pid} statement: ${perNode}`, {
          context,
        });
      }
      if (settings.notice_per_node_statement) {
        session.channel.writeOwned(
          encodeNoticeResponse({
            severity: 'NOTICE',
            sqlstate: '00000',
            message: `DB node id: ${session.link.nodeId} statement: ${perNode}`,
          }),
        );
      }
    },
  };
}

function describe(type: number, body: Buffer): string | undefined {
  try {
    switch (type) {
      case Frontend.BIND: {
        const { portal, statement } = decodeBind(body);
        return `portal: "${portal}", statement: "${statement}"`;
      }
      case Frontend.CLOSE: {
        const { kind, name } = decodeClose(body);
        return `${kind}: "${name}"`;
      }
      case Frontend.DESCRIBE: {
        const { kind, name } = decodeDescribe(body);
        return `${kind}: "${name}"`;
      }
      case Frontend.EXECUTE:
        return `portal: "${decodeExecute(body).portal}"`;
      case Frontend.FUNCTION_CALL:
        return `oid: "${body.readUInt32BE(0)}"`;
      case Frontend.PARSE: {
        const { statement, sql } = decodeParse(body);
        return `statement: "${statement}", query: "${sql}"`;
      }
      case Frontend.QUERY:
        return `query: "${queryText(body)}"`;
      default:
        return undefined;
    }
  } catch {
    return undefined; // a malformed message: the server will say what is wrong with it
  }
}

const TEXTS_PER_SESSION_MAX = 1000;

/** The text that a message is about: its own, or that of the statement or portal it names. */
function statementOf(
  session: Session,
  type: number,
  body: Buffer,
  all: WeakMap<Session, Map<string, string>>,
): { label: string; text: string } | null {
  if (type === Frontend.QUERY) return { label: '', text: queryText(body) };
  try {
    let texts = all.get(session);
    if (texts === undefined) all.set(session, (texts = new Map()));
    if (texts.size > TEXTS_PER_SESSION_MAX) texts.clear();
    if (type === Frontend.PARSE) {
      const { statement, sql } = decodeParse(body);
      texts.set(`s${statement}`, sql);
      return { label: 'Parse: ', text: sql };
    }
    if (type === Frontend.BIND) {
      const { portal, statement } = decodeBind(body);
      const text = texts.get(`s${statement}`) ?? '';
      texts.set(`p${portal}`, text);
      return { label: 'Bind: ', text };
    }
    if (type === Frontend.EXECUTE) {
      return { label: 'Execute: ', text: texts.get(`p${decodeExecute(body).portal}`) ?? '' };
    }
  } catch {
    return null;
  }
  return null;
}
