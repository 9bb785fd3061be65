import path from 'node:path';
import type { Settings } from '@pgherd/config';

/** TLS file names are relative to the folder of pgpool.conf. */
export function tlsFiles(settings: Settings, directory: string): Settings {
  const at = (file: string): string => (file === '' ? '' : path.resolve(directory, file));
  return {
    ...settings,
    ssl_cert: at(settings.ssl_cert),
    ssl_key: at(settings.ssl_key),
    ssl_ca_cert: at(settings.ssl_ca_cert),
    ssl_ca_cert_dir: at(settings.ssl_ca_cert_dir),
    ssl_crl_file: at(settings.ssl_crl_file),
    ssl_dh_params_file: at(settings.ssl_dh_params_file),
  };
}
