/** What all commands that ask a running engine have in common on their command line. */

export const ENGINE_OPTIONS = {
  file: { type: 'string', short: 'f' },
  dir: { type: 'string' },
  url: { type: 'string' },
  'token-file': { type: 'string' },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  json: { type: 'boolean' },
} as const;

export const ENGINE_USAGE = `  -f, --file FILE      the engine's configuration (default pgpool.conf here; else that of "pgherd up")
  --dir DIR            the folder of "pgherd up" (default .pgherd)
  --url URL            the engine's control interface itself, as https://proxy1:9897
  --token-file FILE    its tokens (default control_token_file of the configuration)
  --ca FILE            who signed its certificate (default control_tls_cert of the configuration)
  --cert FILE          one's own certificate, and --key FILE its key, where control_tls_ca asks for one
  --json               print JSON, for scripts`;

export interface EngineOptions {
  readonly file?: string | undefined;
  readonly dir?: string | undefined;
  readonly url?: string | undefined;
  readonly 'token-file'?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly json?: boolean | undefined;
}
