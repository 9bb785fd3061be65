export { PcpClient, type PcpClientOptions, PcpConnectError, PcpServerError } from './client/client.ts';
export { type PasswordFileFinding, passwordFromFile } from './client/password-file.ts';
export type { PcpOperations } from './server/commands/command.ts';
export { PcpListenError } from './server/listeners.ts';
export { openPcp, type PcpServer, type PcpServerOptions, type PcpSettings } from './server/open-pcp.ts';
export { NODE_ROLE, NODE_STATUS, type NodeInfo } from './wire/node-info.ts';
export { formatNotice, type Notice } from './wire/notice.ts';
export { PROCESS_FIELDS, PROCESS_FIELDS_MIN, type ProcessField } from './wire/process-info.ts';
