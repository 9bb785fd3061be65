export { type PasswordEntry, readPasswordField } from './entry.ts';
export { readPoolPasswd, storePoolPasswdEntry } from './files.ts';
export { pgMd5 } from './md5.ts';
export { type PcpConf, type PcpUser, parsePcpConf } from './pcp-conf.ts';
export { type PoolPasswd, parsePoolPasswd, withPoolPasswdEntry } from './pool-passwd.ts';
