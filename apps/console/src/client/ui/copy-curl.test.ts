import { expect, it } from 'vitest';
import { curlOf } from './copy-curl.tsx';

it('writes a call as one shell command, quotes in a reason included', () => {
  const call = { method: 'POST', path: '/clusters/a/acts', body: { reason: "pg-a's kernel" } } as const;
  expect(curlOf(call, 'https://c')).toBe(
    [
      "curl -sS -X POST 'https://c/api/v1/clusters/a/acts'",
      '-H "Authorization: Bearer $PGHERD_TOKEN"',
      "-H 'Content-Type: application/json'",
      `-d '{"reason":"pg-a'\\''s kernel"}'`,
    ].join(' \\\n  '),
  );
});

it('sends no body where there is none', () => {
  expect(curlOf({ method: 'GET', path: '/me' }, '')).not.toContain('-d');
});
