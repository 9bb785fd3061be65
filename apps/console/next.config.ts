import type { NextConfig } from 'next';
import createNextIntlPlugin from 'next-intl/plugin';

const config: NextConfig = {
  // Checked by `npm run check`, for all packages at once.
  typescript: { ignoreBuildErrors: true },
  poweredByHeader: false,
  // Titles come with the first bytes, for everybody: a page without one cannot be told apart by a screen reader.
  htmlLimitedBots: /.*/,
  reactStrictMode: true,
  devIndicators: false,
  // Loaded as they are: they find native parts beside them.
  serverExternalPackages: ['@libsql/client', '@prisma/client', '@node-rs/argon2', 'pg', 'pino', 'ws'],
  // Text and icons are small; what is compressed here is compressed by the server itself.
  compress: true,
  // Messages arrive compiled (src/i18n/compiled.ts), so no page carries the parser.
  turbopack: { resolveAlias: { 'use-intl/format-message': 'use-intl/format-message/format-only' } },
};

export default createNextIntlPlugin('./src/i18n/request.ts')(config);
