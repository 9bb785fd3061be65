'use client';

import { useTranslations } from 'next-intl';
import { CopyButton } from './copy-button.tsx';

/** A call of the documented REST API. */
export interface RestCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below /api/v1, as `/clusters/orders/acts`. */
  readonly path: string;
  readonly body?: unknown;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The call as one command for a POSIX shell. The token stands in the environment, never in the text. */
export function curlOf({ method, path, body }: RestCall, origin = globalThis.location?.origin ?? ''): string {
  const lines = [
    `curl -sS -X ${method} ${quoted(`${origin}/api/v1${path}`)}`,
    '-H "Authorization: Bearer $PGHERD_TOKEN"',
    ...(body === undefined ? [] : [`-H 'Content-Type: application/json'`, `-d ${quoted(JSON.stringify(body))}`]),
  ];
  return lines.join(' \\\n  ');
}

/** On every confirmation: what it does is one documented call. */
export function CopyCurl({ call, small = false }: { readonly call: RestCall; readonly small?: boolean }) {
  const t = useTranslations('ui.button');
  return <CopyButton text={curlOf(call)} label={t('copyCurl')} small={small} />;
}
