import { randomBytes } from 'node:crypto';
import {
  decodeAuthentication,
  encodeErrorResponse,
  encodePasswordMessage,
  encodeQuery,
  encodeSaslInitialResponse,
  encodeSaslResponse,
  encodeStartup,
  encodeSync,
  encodeTerminate,
} from '@pgherd/wire';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createBackendSignIn } from '../backend/sign-in.ts';
import { type Credentials, createCredentials, provedByBackend, type Secret } from '../credentials.ts';
import { md5Hash } from '../md5.ts';
import { buildVerifier, formatVerifier } from '../scram/keys.ts';
import type { FrontendContext } from './context.ts';
import { hbaRefusal } from './hba-refusal.ts';
import { methodForBackendRequest } from './method-for-backend-request.ts';
import { createFrontendMethod, type FrontendMethodName } from './sign-in.ts';
import type { FrontendMethod, FrontendStep } from './step.ts';

const USER = 'alice';
const PASSWORD = 'right';
const ENTRIES: Record<'none' | 'md5' | 'scram' | 'text' | 'aes', Secret | null> = {
  none: null,
  md5: { kind: 'md5', hash: md5Hash(PASSWORD, USER) },
  scram: { kind: 'scram', verifier: '' },
  text: { kind: 'text', password: PASSWORD },
  aes: { kind: 'aes' },
};
type EntryName = keyof typeof ENTRIES;

beforeAll(async () => {
  const verifier = formatVerifier(await buildVerifier(PASSWORD, randomBytes(16), 4096));
  ENTRIES.scram = { kind: 'scram', verifier };
});

const mockSecret = randomBytes(32);

function context(entry: EntryName, more: Partial<FrontendContext> = {}): FrontendContext {
  return { user: USER, entry: ENTRIES[entry], tls: null, nonce: randomBytes, mockSecret, ...more };
}

/** A client that has a password and answers whatever it is asked, by the code that signs us in to servers. */
async function signIn(method: FrontendMethod, password: string): Promise<{ last: FrontendStep; asked: string[] }> {
  const credentials = { ...createCredentials({ password }), unproved: false, wipe() {} };
  const client = createBackendSignIn({ user: USER, credentials, tls: null });
  const asked: string[] = [];
  let step = await method.begin();
  while (step.kind === 'send') {
    const request = decodeAuthentication(step.bytes.subarray(5));
    asked.push(request.kind);
    const answer = await client.respond(request);
    // libpq sends nothing for an empty password; a client that does is what is of interest here.
    const bytes = answer.kind === 'send' ? answer.bytes : encodePasswordMessage('');
    step = await method.respond(bytes.subarray(5));
  }
  return { last: step, asked };
}

function refused(step: FrontendStep): { sqlstate: string; message: string; log?: string } {
  if (step.kind !== 'refuse') throw new Error(`expected a refusal, got ${step.kind}`);
  return step.error;
}

function credentialsOf(step: FrontendStep): Credentials {
  if (step.kind !== 'ok') throw new Error(`expected ok, got ${JSON.stringify(step)}`);
  return step.credentials;
}

/** Written from the manual, not from the code: what the right password gets, by method and entry. */
const RIGHT_PASSWORD: Record<'password' | 'md5' | 'scram-sha-256', Record<EntryName, 'ok' | 'unproved' | 'refused'>> = {
  password: { none: 'unproved', md5: 'ok', scram: 'ok', text: 'ok', aes: 'refused' },
  md5: { none: 'refused', md5: 'ok', scram: 'ok', text: 'ok', aes: 'refused' },
  'scram-sha-256': { none: 'refused', md5: 'refused', scram: 'ok', text: 'ok', aes: 'refused' },
};

describe('CVE-2025-46801: each method with each entry', () => {
  for (const [method, row] of Object.entries(RIGHT_PASSWORD) as [
    keyof typeof RIGHT_PASSWORD,
    Record<EntryName, string>,
  ][]) {
    for (const [entry, verdict] of Object.entries(row) as [EntryName, string][]) {
      it(`${method}, entry ${entry}: the right password is ${verdict}`, async () => {
        const { last } = await signIn(createFrontendMethod(method, context(entry)), PASSWORD);
        if (verdict === 'refused') {
          expect(refused(last)).toMatchObject({
            sqlstate: '28P01',
            message: `password authentication failed for user "${USER}"`,
          });
        } else expect(credentialsOf(last).unproved).toBe(verdict === 'unproved');
      });

      it(`${method}, entry ${entry}: a wrong password is ${verdict === 'unproved' ? 'left to the backend' : 'refused'}`, async () => {
        const { last } = await signIn(createFrontendMethod(method, context(entry)), 'wrong');
        if (verdict === 'unproved') expect(credentialsOf(last)).toMatchObject({ password: 'wrong', unproved: true });
        else expect(refused(last).sqlstate).toBe('28P01');
      });

      it(`${method}, entry ${entry}: an empty password is refused`, async () => {
        const { last } = await signIn(createFrontendMethod(method, context(entry)), '');
        expect(['28P01', '08P01']).toContain(refused(last).sqlstate);
      });

      it(`${method}, entry ${entry}: a role that auth_query refuses gets in with no password`, async () => {
        const ctx = context(entry, { knowsUser: false });
        const { last } = await signIn(createFrontendMethod(method, ctx), PASSWORD);
        expect(refused(last).sqlstate).toBe('28P01');
      });
    }
  }

  it.each(['text', 'md5', 'scram'] as const)('an empty password in a %s entry lets nobody in', async (kind) => {
    const verifier = formatVerifier(await buildVerifier('', randomBytes(16), 4096));
    const entry: Secret =
      kind === 'text'
        ? { kind, password: '' }
        : kind === 'md5'
          ? { kind, hash: md5Hash('', USER) }
          : { kind, verifier };
    const { last } = await signIn(createFrontendMethod('password', { ...context('none'), entry }), '');
    expect(refused(last)).toMatchObject({ sqlstate: '28P01', message: 'empty password returned by client' });
  });
});

describe('what the client is asked', () => {
  it.each([
    ['password', 'text', ['cleartext']],
    ['md5', 'text', ['md5']],
    ['md5', 'none', ['md5']],
    ['md5', 'scram', ['sasl', 'sasl-continue']],
    ['scram-sha-256', 'text', ['sasl', 'sasl-continue']],
    ['scram-sha-256', 'none', ['sasl', 'sasl-continue']],
    ['scram-sha-256', 'md5', ['sasl', 'sasl-continue']],
  ] as const)('%s with entry %s: %j', async (method, entry, expected) => {
    const { asked } = await signIn(createFrontendMethod(method, context(entry)), PASSWORD);
    expect(asked).toEqual(expected);
  });

  it('an unknown user sees the salt that it sees every time', async () => {
    const salts = new Set<string>();
    for (let i = 0; i < 2; i++) {
      const method = createFrontendMethod('scram-sha-256', context('none'));
      await method.begin();
      const step = await method.respond(
        encodeSaslInitialResponse('SCRAM-SHA-256', Buffer.from('n,,n=,r=abc')).subarray(5),
      );
      if (step.kind !== 'send') throw new Error(step.kind);
      salts.add(/s=([^,]*)/.exec(step.bytes.toString('latin1'))?.[1] ?? '');
    }
    expect(salts.size).toBe(1);
  });

  it('under TLS channel binding is offered', async () => {
    const tls = { serverEndPointHash: Buffer.alloc(32, 1), clientCertificateCn: null };
    const step = await createFrontendMethod('scram-sha-256', context('text', { tls })).begin();
    if (step.kind !== 'send') throw new Error(step.kind);
    expect(decodeAuthentication(step.bytes.subarray(5))).toEqual({
      kind: 'sasl',
      mechanisms: ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'],
    });
  });
});

describe('what a session may use on backends', () => {
  it.each([
    ['trust', 'text', { password: PASSWORD }],
    ['trust', 'none', {}],
    ['password', 'md5', { password: PASSWORD }],
    ['md5', 'text', { password: PASSWORD }],
    ['scram-sha-256', 'text', { password: PASSWORD }],
  ] as const)('%s with entry %s', async (method, entry, expected) => {
    const { last } = await signIn(createFrontendMethod(method, context(entry)), PASSWORD);
    expect(credentialsOf(last)).toMatchObject({ md5: undefined, scram: undefined, ...expected });
  });

  it('md5 against an md5 entry leaves the hash', async () => {
    const { last } = await signIn(createFrontendMethod('md5', context('md5')), PASSWORD);
    expect(credentialsOf(last)).toMatchObject({ md5: md5Hash(PASSWORD, USER), password: undefined });
  });

  it('SCRAM against a verifier leaves the client key, and wiping zeroes it', async () => {
    const { last } = await signIn(createFrontendMethod('scram-sha-256', context('scram')), PASSWORD);
    const credentials = credentialsOf(last);
    const keys = credentials.scram;
    expect(keys?.clientKey).toHaveLength(32);
    credentials.wipe();
    expect(credentials.scram).toBeUndefined();
    expect(keys?.clientKey).toEqual(Buffer.alloc(32));
    expect(keys?.serverKey).toEqual(Buffer.alloc(32));
  });

  it('a password that a backend has taken counts as proved from then on', async () => {
    const { last } = await signIn(createFrontendMethod('password', context('none')), PASSWORD);
    const proved = provedByBackend(credentialsOf(last));
    expect(proved).toMatchObject({ password: PASSWORD, unproved: false });
  });

  it('credentials show nothing when they are printed', () => {
    const credentials = createCredentials({ password: 'canary', md5: 'canary' });
    expect(JSON.stringify({ credentials })).not.toContain('canary');
  });
});

describe('refusals', () => {
  it('say in the log what is missing, and to the client only that it failed', async () => {
    const { last } = await signIn(createFrontendMethod('scram-sha-256', context('md5')), PASSWORD);
    expect(refused(last)).toEqual({
      sqlstate: '28P01',
      message: 'password authentication failed for user "alice"',
      log: 'the entry of the user is an md5 hash; scram-sha-256 needs a TEXT, AES or SCRAM entry',
    });
  });

  it('by rule name the file and the peer', () => {
    const peer = { address: '10.0.0.9', database: 'shop' };
    const ctx = context('none', { peer });
    expect(refused(hbaRefusal('reject', ctx))).toEqual({
      sqlstate: '28000',
      message: 'pool_hba.conf rejects connection for host "10.0.0.9", user "alice", database "shop", no encryption',
    });
    expect(refused(hbaRefusal('no-entry', { ...ctx, peer: { ...peer, replication: true } })).message).toBe(
      'no pool_hba.conf entry for replication connection from host "10.0.0.9", user "alice", no encryption',
    );
    expect(refused(hbaRefusal('no-entry', { ...ctx, peer: { ...peer, address: null } })).message).toBe(
      'no pool_hba.conf entry for host "[local]", user "alice", database "shop", no encryption',
    );
    expect(createFrontendMethod('reject', ctx).begin()).toEqual(hbaRefusal('reject', ctx));
  });

  it.each([
    ['no TLS', null, '28000'],
    ['no certificate', { serverEndPointHash: null, clientCertificateCn: null }, '28000'],
    ['an empty name', { serverEndPointHash: null, clientCertificateCn: '' }, '28000'],
    ["another user's certificate", { serverEndPointHash: null, clientCertificateCn: 'mallory' }, '28000'],
    ['a name that only begins like the user', { serverEndPointHash: null, clientCertificateCn: 'alice\0x' }, '28000'],
  ])('cert with %s', (_, tls, sqlstate) => {
    const step = createFrontendMethod('cert', context('none', { tls })).begin();
    expect(refused(step as FrontendStep).sqlstate).toBe(sqlstate);
  });

  it.each(['alice', 'Alice', 'ALICE'])(
    'cert lets %s in: the case of ASCII letters does not count',
    (clientCertificateCn) => {
      const tls = { serverEndPointHash: null, clientCertificateCn };
      expect(createFrontendMethod('cert', context('none', { tls })).begin()).toMatchObject({ kind: 'ok' });
    },
  );
});

describe('enable_pool_hba = off', () => {
  const P = 'password';
  const REFUSED = 'refuse';
  // Columns: clear text allowed, not allowed. From the manual's matrix.
  it.each([
    ['ok', 'none', 'trust', 'trust'],
    ['ok', 'text', 'trust', 'trust'],
    ['cleartext', 'none', P, P],
    ['cleartext', 'text', P, P],
    ['cleartext', 'md5', P, P],
    ['md5', 'none', P, REFUSED],
    ['md5', 'md5', 'md5', 'md5'],
    ['md5', 'text', 'md5', 'md5'],
    ['md5', 'scram', P, REFUSED],
    ['md5', 'aes', P, REFUSED],
    ['sasl', 'none', P, REFUSED],
    ['sasl', 'md5', P, REFUSED],
    ['sasl', 'text', 'scram-sha-256', 'scram-sha-256'],
    ['sasl', 'scram', 'scram-sha-256', 'scram-sha-256'],
    ['sasl', 'aes', P, REFUSED],
    ['unsupported', 'text', REFUSED, REFUSED],
    ['sasl-final', 'text', REFUSED, REFUSED],
  ] as const)('main node asks %s, entry %s: %s, or %s without clear text', (request, entry, allowed, forbidden) => {
    const verdict = (clear: boolean) => {
      const derived = methodForBackendRequest(request, USER, ENTRIES[entry], clear);
      return derived.kind === 'method' ? derived.method : derived.kind;
    };
    expect([verdict(true), verdict(false)]).toEqual([allowed, forbidden]);
  });
});

describe('the state machine', () => {
  const METHODS: readonly FrontendMethodName[] = ['trust', 'reject', 'password', 'md5', 'scram-sha-256', 'cert'];
  const BODIES: readonly Buffer[] = [
    encodePasswordMessage('wrong'),
    encodePasswordMessage(''),
    encodeSaslInitialResponse('SCRAM-SHA-256', Buffer.from('n,,n=,r=abc')),
    encodeSaslInitialResponse('SCRAM-SHA-256', null),
    encodeSaslResponse(Buffer.from('c=biws,r=abc,p=AAAA')),
    encodeQuery('select 1'),
    encodeStartup({ protocol: 0x30000, params: [['user', 'root']] }),
    encodeErrorResponse({ severity: 'ERROR', sqlstate: 'XX000', message: 'x' }),
    encodeSync(),
    encodeTerminate(),
  ].map((message) => message.subarray(5));

  it('an answer before the question, after the end, or of any other kind is refused and never lets in (CVE-2026-107350)', async () => {
    for (const name of METHODS) {
      for (const first of BODIES) {
        for (const second of BODIES) {
          const method = createFrontendMethod(name, context('text'));
          const early = await createFrontendMethod(name, context('text')).respond(first);
          expect(early.kind).toBe('refuse');
          const begun = await method.begin();
          const steps = [await method.respond(first), await method.respond(second), await method.respond(first)];
          expect(steps.map(({ kind }) => kind)).not.toContain('ok');
          expect(steps.at(-1)?.kind).toBe('refuse');
          if (begun.kind !== 'send') expect(steps.map(({ kind }) => kind)).toEqual(['refuse', 'refuse', 'refuse']);
        }
      }
    }
  });

  it('a second begin is refused', async () => {
    for (const name of METHODS) {
      const method = createFrontendMethod(name, context('text'));
      await method.begin();
      expect((await method.begin()).kind).toBe('refuse');
      expect((await method.respond(encodePasswordMessage(PASSWORD).subarray(5))).kind).toBe('refuse');
    }
  });

  it('two answers at once get one verdict', async () => {
    const method = createFrontendMethod('password', context('scram'));
    method.begin();
    const body = encodePasswordMessage(PASSWORD).subarray(5);
    const steps = await Promise.all([method.respond(body), method.respond(body)]);
    expect(steps.map(({ kind }) => kind).sort()).toEqual(['ok', 'refuse']);
  });

  it('random answers are refused, and nothing is thrown', async () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...METHODS), bodies, async (name, answers) => {
        const method = createFrontendMethod(name, context('text'));
        await method.begin();
        for (const answer of answers) {
          expect((await method.respond(Buffer.from(answer))).kind).not.toBe('ok');
        }
      }),
      { seed: 8, numRuns: 1000 },
    );
  });

  it('names of any length and content are answered', async () => {
    for (const user of ['x'.repeat(64), 'x'.repeat(10_000), 'x'.repeat(1_000_000), 'a"b\n', '\udcff', '*)(uid=*']) {
      const method = createFrontendMethod('md5', context('none', { user }));
      await method.begin();
      expect((await method.respond(encodePasswordMessage('x').subarray(5))).kind).toBe('refuse');
    }
  });
});
