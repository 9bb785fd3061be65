export { type BackupSource, baseBackup } from './base-backup.ts';
export { readControlFile } from './control-file.ts';
export { DataDirectoryAgent, type DataDirectoryOptions, type ServerPort } from './data-directory-agent.ts';
export { type PgCtlOptions, pgCtlServer } from './pg-ctl.ts';
export { RemoteAgent, type RemoteAgentOptions } from './remote-agent.ts';
export { type AgentService, type ServiceOptions, serveAgent } from './service.ts';
