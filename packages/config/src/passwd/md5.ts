import { createHash } from 'node:crypto';

/** What `pg_md5` prints: the MD5 of the password, 32 hexadecimal digits. That is the form of pcp.conf. With a user it is
 *  the MD5 of password and user name together; a pool_passwd line stores that with `md5` in front. */
export function pgMd5(password: string, user = ''): string {
  return createHash('md5')
    .update(password + user, 'utf8')
    .digest('hex');
}
