import { randomBytes } from 'node:crypto';
import { type Authentication, decodeSaslInitialResponse, decodeSaslResponse } from '@pgherd/wire';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CredentialParts, createCredentials } from '../credentials.ts';
import { md5Hash, md5Response } from '../md5.ts';
import { buildVerifier, deriveKeys, type ScramVerifier } from '../scram/keys.ts';
import { ScramServer } from '../scram/server.ts';
import { type BackendSignInOptions, type BackendStep, createBackendSignIn } from './sign-in.ts';

const USER = 'alice';
const HASH = Buffer.alloc(32, 3);
const SALT = Buffer.from('01020304', 'hex');
let verifier: ScramVerifier;

beforeAll(async () => {
  verifier = await buildVerifier('right', Buffer.from('0123456789abcdef'), 4096);
});

function signIn(parts: CredentialParts, more: Partial<BackendSignInOptions> = {}) {
  return createBackendSignIn({
    user: USER,
    credentials: createCredentials(parts),
    tls: null,
    nonce: randomBytes,
    ...more,
  });
}

function sent(step: BackendStep): Buffer {
  if (step.kind !== 'send') throw new Error(`expected send, got ${JSON.stringify(step)}`);
  return step.bytes.subarray(5);
}

const ok: Authentication = { kind: 'ok' };
const sasl = (...mechanisms: string[]): Authentication => ({ kind: 'sasl', mechanisms });

/** A PostgreSQL that speaks SCRAM; gives what each side said last. */
async function scram(
  parts: CredentialParts,
  more: Partial<BackendSignInOptions> = {},
  channelBinding: Buffer | null = null,
) {
  const server = new ScramServer({ verifier, doomed: false, nonce: 'servernonce', channelBinding });
  const client = signIn(parts, more);
  const { mechanism, data } = decodeSaslInitialResponse(sent(await client.respond(sasl(...server.mechanisms))));
  const reply = await client.respond({ kind: 'sasl-continue', data: server.first(mechanism, data) });
  const outcome = server.final(decodeSaslResponse(sent(reply)));
  return { client, outcome, mechanism };
}

describe('a server that asks', () => {
  it('nothing is taken at its word, and has proved nothing', async () => {
    expect(await signIn({ password: 'x' }).respond(ok)).toEqual({ kind: 'ok', proved: false });
  });

  it('nothing cannot vouch for a password that nobody has checked (CVE-2025-46801)', async () => {
    expect(await signIn({ password: 'x', unproved: true }).respond(ok)).toMatchObject({
      kind: 'fail',
      sqlstate: '28P01',
    });
  });

  it('for clear text gets it', async () => {
    const client = signIn({ password: 'right', unproved: true });
    expect(sent(await client.respond({ kind: 'cleartext' })).toString()).toBe('right\0');
    expect(await client.respond(ok)).toEqual({ kind: 'ok', proved: true });
  });

  it.each([{ password: 'right' }, { md5: md5Hash('right', USER) }])(
    'for md5 gets the answer made of %j',
    async (parts) => {
      const client = signIn(parts);
      const answer = sent(await client.respond({ kind: 'md5', salt: SALT }));
      expect(answer.toString()).toBe(`${md5Response(md5Hash('right', USER), SALT)}\0`);
      expect(await client.respond(ok)).toEqual({ kind: 'ok', proved: true });
    },
  );

  it('for SCRAM gets a proof, and proves itself before it is believed', async () => {
    const { client, outcome, mechanism } = await scram({ password: 'right' });
    expect(mechanism).toBe('SCRAM-SHA-256');
    if (!outcome.proved) throw new Error('not proved');
    expect(await client.respond({ kind: 'sasl-final', data: outcome.data })).toEqual({ kind: 'continue' });
    expect(await client.respond(ok)).toEqual({ kind: 'ok', proved: true });
  });

  it('for SCRAM gets a proof made of keys alone', async () => {
    const keys = await deriveKeys('right', verifier.salt, verifier.iterations);
    expect((await scram({ scram: keys })).outcome.proved).toBe(true);
  });

  it('for SCRAM under TLS gets channel binding where it offers it', async () => {
    const tls = { peerEndPointHash: HASH };
    const bound = await scram({ password: 'right' }, { tls, requireChannelBinding: true }, HASH);
    expect(bound).toMatchObject({ mechanism: 'SCRAM-SHA-256-PLUS', outcome: { proved: true } });
    expect((await scram({ password: 'right' }, { tls })).outcome.proved).toBe(true);
    // Ed25519: no data, so no PLUS and no claim to support it
    const without = await scram({ password: 'right' }, { tls: { peerEndPointHash: null } }, HASH);
    expect(without).toMatchObject({ mechanism: 'SCRAM-SHA-256', outcome: { proved: true } });
  });
});

describe('a server that asks for what we do not have', () => {
  it.each([
    ['clear text', { kind: 'cleartext' }, { md5: md5Hash('right', USER) }, 'a TEXT or AES entry'],
    ['md5', { kind: 'md5', salt: SALT }, {}, 'an md5, TEXT or AES entry'],
    ['SCRAM', sasl('SCRAM-SHA-256'), { md5: md5Hash('right', USER) }, 'a TEXT or AES entry, or a sign-in by SCRAM'],
    ['clear text, empty', { kind: 'cleartext' }, { password: '' }, 'a TEXT or AES entry'],
  ] as const)('%s: says what is missing', async (_, request, parts, needed) => {
    const step = await signIn(parts).respond(request);
    expect(step).toMatchObject({ kind: 'fail', sqlstate: '28P01', missing: expect.stringContaining(needed) });
  });

  it.each([
    [{ kind: 'unsupported', code: 7 }, '28000'],
    [sasl(), '28000'],
    [sasl('OAUTHBEARER'), '28000'],
    [sasl('SCRAM-SHA-256-PLUS'), '08P01'],
  ] as [Authentication, string][])('%j is refused', async (request, sqlstate) => {
    expect(await signIn({ password: 'x' }).respond(request)).toMatchObject({ kind: 'fail', sqlstate });
  });
});

describe('a server that asks for something weaker', () => {
  const WEAKER: Authentication[] = [ok, { kind: 'cleartext' }, { kind: 'md5', salt: SALT }];

  it.each([...WEAKER, sasl('SCRAM-SHA-256')])('than required channel binding is refused: $kind', async (request) => {
    const tls = { peerEndPointHash: HASH };
    const step = await signIn({ password: 'right' }, { tls, requireChannelBinding: true }).respond(request);
    expect(step).toMatchObject({ kind: 'fail', sqlstate: '28000' });
  });

  it('than required channel binding, because its certificate gives no data, is refused (CVE-2025-49146, CVE-2026-54291, CVE-2026-107314)', async () => {
    const more = { tls: { peerEndPointHash: null }, requireChannelBinding: true };
    const step = await signIn({ password: 'right' }, more).respond(sasl('SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'));
    expect(step).toMatchObject({ kind: 'fail', sqlstate: '28000' });
  });

  it.each(WEAKER)('than the allowed methods is refused: $kind', async (request) => {
    const step = await signIn({ password: 'right' }, { allowedMethods: ['scram-sha-256'] }).respond(request);
    expect(step).toMatchObject({ kind: 'fail', sqlstate: '28000' });
  });
});

describe('the state machine', () => {
  const CLIENT_FIRST = 'r=';
  const MESSAGES: readonly Authentication[] = [
    ok,
    { kind: 'cleartext' },
    { kind: 'md5', salt: SALT },
    sasl('SCRAM-SHA-256'),
    { kind: 'sasl-continue', data: Buffer.from(`${CLIENT_FIRST}x,s=AAAA,i=1`) },
    { kind: 'sasl-final', data: Buffer.from(`v=${Buffer.alloc(32).toString('base64')}`) },
    { kind: 'unsupported', code: 99 },
  ];

  it('ok in the middle of SCRAM is refused at each step', async () => {
    const early = signIn({ password: 'right' });
    await early.respond(sasl('SCRAM-SHA-256'));
    expect(await early.respond(ok)).toMatchObject({ kind: 'fail', sqlstate: '08P01' });
    const { client } = await scram({ password: 'right' });
    expect(await client.respond(ok)).toMatchObject({ kind: 'fail', sqlstate: '08P01' });
    const forged = (await scram({ password: 'right' })).client;
    const data = Buffer.from(`v=${Buffer.alloc(32).toString('base64')}`);
    expect(await forged.respond({ kind: 'sasl-final', data })).toMatchObject({ kind: 'fail', sqlstate: '28000' });
    expect(await forged.respond(ok)).toMatchObject({ kind: 'fail', sqlstate: '08P01' });
  });

  it('every order of three messages: ok is believed only at the start or after one answered question', async () => {
    for (const a of MESSAGES)
      for (const b of MESSAGES)
        for (const c of MESSAGES) {
          const client = signIn({ password: 'right' });
          const kinds = [await client.respond(a), await client.respond(b), await client.respond(c)].map((s) => s.kind);
          const good =
            a.kind === 'ok'
              ? ['ok', 'fail', 'fail']
              : a.kind === 'cleartext' || a.kind === 'md5'
                ? ['send', b.kind === 'ok' ? 'ok' : 'fail', 'fail']
                : a.kind === 'sasl'
                  ? ['send', 'fail', 'fail']
                  : ['fail', 'fail', 'fail'];
          expect(kinds, [a.kind, b.kind, c.kind].join(' ')).toEqual(good);
        }
  });

  it('a second question while the first is being worked on is refused', async () => {
    const client = signIn({ password: 'right' });
    const { data } = decodeSaslInitialResponse(sent(await client.respond(sasl('SCRAM-SHA-256'))));
    const nonce = data?.toString('latin1').split('r=')[1] ?? '';
    const request = { kind: 'sasl-continue', data: Buffer.from(`r=${nonce}x,s=AAAA,i=1`) } as const;
    const [first, second] = await Promise.all([client.respond(request), client.respond(ok)]);
    expect([first.kind, second.kind]).toEqual(['send', 'fail']);
  });

  it('secrets are in no text', async () => {
    for (const message of MESSAGES) {
      const step = await signIn({ password: 'canary' }, { allowedMethods: [] }).respond(message);
      expect(JSON.stringify(step)).not.toContain('canary');
    }
  });
});
