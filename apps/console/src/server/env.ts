/** The one file that reads the environment. */
import os from 'node:os';
import path from 'node:path';

export interface ConsoleOptions {
  /** Database file, keys and one-time link live here; made with 0700. */
  readonly dataDir: string;
  /** `file:…` for SQLite, `postgresql://…`. */
  readonly databaseUrl: string;
  readonly host: string;
  readonly port: number;
  /** PEM files; both or none. */
  readonly tlsCert: string | null;
  readonly tlsKey: string | null;
  /** Addresses of proxies in front whose X-Forwarded-* headers count. */
  readonly trustedProxies: readonly string[];
  /** As `https://console.example.com`, where people reach it; null = what the Host header says, on loopback. */
  readonly publicOrigin: string | null;
  /** The file with 32 bytes, base64, that secrets are encrypted with. */
  readonly keyFile: string;
  readonly dev: boolean;
  /** An engine on this host, made known at the first start. */
  readonly engine: { readonly url: string; readonly tokenFile: string; readonly name: string } | null;
  readonly readOnly: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function consoleOptions(
  env: Environment = process.env,
  overrides: Partial<ConsoleOptions> = {},
): ConsoleOptions {
  const dataDir = overrides.dataDir ?? env['PGHERD_CONSOLE_DIR'] ?? path.join(os.homedir(), '.pgherd', 'console');
  const engineUrl = env['PGHERD_CONSOLE_ENGINE'];
  const tokenFile = env['PGHERD_CONSOLE_ENGINE_TOKEN_FILE'];
  return {
    dataDir,
    databaseUrl: env['DATABASE_URL'] ?? `file:${path.join(dataDir, 'console.db')}`,
    host: env['PGHERD_CONSOLE_HOST'] ?? '127.0.0.1',
    port: Number(env['PGHERD_CONSOLE_PORT'] ?? 3000),
    tlsCert: env['PGHERD_CONSOLE_TLS_CERT'] ?? null,
    tlsKey: env['PGHERD_CONSOLE_TLS_KEY'] ?? null,
    trustedProxies: (env['PGHERD_CONSOLE_TRUSTED_PROXIES'] ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean),
    publicOrigin: env['PGHERD_CONSOLE_ORIGIN'] ?? null,
    keyFile: env['PGHERD_CONSOLE_KEY_FILE'] ?? path.join(dataDir, 'console.key'),
    dev: env['NODE_ENV'] === 'development',
    engine:
      engineUrl === undefined || tokenFile === undefined
        ? null
        : { url: engineUrl, tokenFile, name: env['PGHERD_CONSOLE_ENGINE_NAME'] ?? 'pgherd-1' },
    readOnly: env['PGHERD_CONSOLE_READ_ONLY'] === 'on',
    ...overrides,
  };
}
