export { type BackupSource, baseBackup } from './base-backup.ts';
export { readControlFile } from './control-file.ts';
export { DataDirectoryAgent, type DataDirectoryOptions, type ServerPort } from './data-directory-agent.ts';
