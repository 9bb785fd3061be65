/** pgherd's version, and the Pgpool-II version whose behaviour it offers (scripts read its first digit). */
export const VERSION = '0.1.0';
export const PGPOOL_VERSION = '4.7.2';
export const PGPOOL_CODENAME = 'pgherd';
