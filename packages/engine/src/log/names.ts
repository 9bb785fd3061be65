/** Message names as log_client_messages and log_backend_messages print them, and which levels reach a client. */
import { Backend, Frontend } from '@pgherd/wire';
import type { Level } from './logger.ts';

export const FRONTEND_NAMES: Readonly<Record<number, string>> = {
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

const BACKEND_NAMES: Readonly<Record<number, string>> = {
  [Backend.BIND_COMPLETE]: 'BindComplete',
  [Backend.CLOSE_COMPLETE]: 'CloseComplete',
  [Backend.COMMAND_COMPLETE]: 'CommandComplete',
  [Backend.COPY_BOTH_RESPONSE]: 'CopyBothResponse',
  [Backend.COPY_DATA]: 'CopyData',
  [Backend.COPY_DONE]: 'CopyDone',
  [Backend.COPY_IN_RESPONSE]: 'CopyInResponse',
  [Backend.COPY_OUT_RESPONSE]: 'CopyOutResponse',
  [Backend.DATA_ROW]: 'DataRow',
  [Backend.EMPTY_QUERY_RESPONSE]: 'EmptyQueryResponse',
  [Backend.ERROR_RESPONSE]: 'ErrorResponse',
  [Backend.FUNCTION_CALL_RESPONSE]: 'FunctionCallResponse',
  [Backend.NO_DATA]: 'NoData',
  [Backend.NOTICE_RESPONSE]: 'NoticeResponse',
  [Backend.NOTIFICATION_RESPONSE]: 'NotificationResponse',
  [Backend.PARAMETER_DESCRIPTION]: 'ParameterDescription',
  [Backend.PARAMETER_STATUS]: 'ParameterStatus',
  [Backend.PARSE_COMPLETE]: 'ParseComplete',
  [Backend.PORTAL_SUSPENDED]: 'PortalSuspended',
  [Backend.READY_FOR_QUERY]: 'ReadyForQuery',
  [Backend.ROW_DESCRIPTION]: 'RowDescription',
};

export function backendName(type: number): string {
  return BACKEND_NAMES[type] ?? String.fromCharCode(type);
}

/** For clients LOG ranks just above the debug levels, not above ERROR as in a log. INFO is always sent. */
const CLIENT_ORDER: readonly Level[] = [
  'debug5',
  'debug4',
  'debug3',
  'debug2',
  'debug1',
  'log',
  'info',
  'notice',
  'warning',
  'error',
  'fatal',
  'panic',
];

export function reachesClient(level: Level, minimum: Level): boolean {
  return level === 'info' || CLIENT_ORDER.indexOf(level) >= CLIENT_ORDER.indexOf(minimum);
}
