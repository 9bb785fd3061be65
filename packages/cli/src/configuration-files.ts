/** Where the files of one configuration are: the one rule of every program here. */
import path from 'node:path';

export interface ConfigurationFiles {
  readonly config: string;
  readonly hba: string;
  readonly pcp: string;
}

export interface GivenFiles {
  readonly config: string | undefined;
  readonly hba: string | undefined;
  readonly pcp: string | undefined;
}

/**
 * A file that is not named is in the configuration directory, which is that of the pgpool.conf in use. Pgpool-II's
 * directory is compiled in; packages put pgpool.conf there too, so both mean the same files.
 * @param config the pgpool.conf of a command line that names none
 */
export function configurationFiles(given: GivenFiles, config: string): ConfigurationFiles {
  const file = path.resolve(given.config ?? config);
  const beside = (name: string): string => path.join(path.dirname(file), name);
  return {
    config: file,
    hba: path.resolve(given.hba ?? beside('pool_hba.conf')),
    pcp: path.resolve(given.pcp ?? beside('pcp.conf')),
  };
}
