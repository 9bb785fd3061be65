import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ClientChannelBinding, ScramClient } from './client.ts';
import { ScramError } from './error.ts';
import {
  buildVerifier,
  clearKeyCache,
  deriveKeys,
  formatVerifier,
  matchesVerifier,
  parseVerifier,
  type ScramVerifier,
} from './keys.ts';
import { mockVerifier, SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramServer } from './server.ts';

/** RFC 7677, section 3. */
const RFC = {
  password: 'pencil',
  salt: Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'),
  clientNonce: 'rOprNGfwEbeRWgbNEkqO',
  serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
  serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  clientFinal:
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
  serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
};

const utf8 = (text: string) => Buffer.from(text, 'latin1');
const HASH = Buffer.alloc(32, 5);
let verifier: ScramVerifier;

beforeEach(async () => {
  verifier = await buildVerifier(RFC.password, RFC.salt, 4096);
});

function server(options: Partial<ConstructorParameters<typeof ScramServer>[0]> = {}): ScramServer {
  return new ScramServer({ verifier, doomed: false, nonce: RFC.serverNonce, channelBinding: null, ...options });
}

function client(channelBinding: ClientChannelBinding = { use: 'no' }, password = RFC.password): ScramClient {
  return new ScramClient({ secret: { password }, nonce: RFC.clientNonce, channelBinding });
}

/** A whole exchange; gives the server's verdict after the client has checked the server. */
async function exchange(c: ScramClient, s: ScramServer, mechanism = SCRAM_SHA_256) {
  const outcome = s.final(await c.continue(s.first(mechanism, c.first())));
  if (outcome.proved) c.final(outcome.data);
  return outcome;
}

function refusal(run: () => unknown): { sqlstate: string; message: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof ScramError) return { sqlstate: error.sqlstate, message: error.message };
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('RFC 7677', () => {
  it('the server answers as in the example', () => {
    const s = server();
    expect(s.first(SCRAM_SHA_256, utf8(RFC.clientFirst)).toString()).toBe(RFC.serverFirst);
    const outcome = s.final(utf8(RFC.clientFinal));
    expect(outcome.proved && outcome.data.toString()).toBe(RFC.serverFinal);
  });

  it('the client takes part in the same exchange, with an empty name as libpq', async () => {
    const c = client();
    expect(c.first().toString()).toBe(`n,,n=,r=${RFC.clientNonce}`);
    expect((await c.continue(utf8(RFC.serverFirst))).toString()).toMatch(/^c=biws,r=.*\$k0,p=[A-Za-z0-9+/]{43}=$/);
  });
});

describe('verifier', () => {
  it('is what PostgreSQL stores', () => {
    const text = formatVerifier(verifier);
    expect(text).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
    expect(parseVerifier(text)).toEqual(verifier);
  });

  const good = () => formatVerifier(verifier);
  it.each([
    ['empty', () => ''],
    ['another mechanism', () => good().replace('SHA-256', 'SHA-512')],
    ['no iterations', () => good().replace('4096', '')],
    ['0 iterations', () => good().replace('4096', '0')],
    ['too many iterations', () => good().replace('4096', '1000001')],
    ['a negative count', () => good().replace('4096', '-1')],
    ['bad base64 in the salt', () => good().replace('W22Z', 'W2*Z')],
    ['no salt', () => good().replace('W22ZaJ0SNY7soEsUEjb6gQ==', '')],
    ['a short key', () => good().replace('WG5d', '')],
    ['something after it', () => `${good()} `],
    ['a line after it', () => `${good()}\n`],
    ['something before it', () => ` ${good()}`],
  ])('with %s it is none', (_, text) => {
    expect(parseVerifier(text())).toBeNull();
  });

  it('tells the password from others', async () => {
    expect(await matchesVerifier('pencil', verifier)).toBe(true);
    expect(await matchesVerifier('Pencil', verifier)).toBe(false);
    expect(await matchesVerifier('', verifier)).toBe(false);
  });

  it('a mock is the same for a user at each try, and another for each user and secret', () => {
    const [one, two] = [randomBytes(32), randomBytes(32)];
    expect(mockVerifier('a', one, 4096)).toEqual(mockVerifier('a', one, 4096));
    expect(mockVerifier('a', one, 4096).salt).not.toEqual(mockVerifier('b', one, 4096).salt);
    expect(mockVerifier('a', one, 4096).salt).not.toEqual(mockVerifier('a', two, 4096).salt);
    expect(mockVerifier('a', one, 4096).salt).toHaveLength(16);
  });

  it('derivation refuses a count that would hold up the machine', async () => {
    for (const count of [0, -1, 1.5, 1_000_001, Number.NaN]) {
      await expect(deriveKeys('x', RFC.salt, count)).rejects.toThrow(RangeError);
    }
  });

  it('repeated derivations are remembered', async () => {
    clearKeyCache();
    await deriveKeys('slow', RFC.salt, 300_000);
    const start = performance.now();
    await deriveKeys('slow', RFC.salt, 300_000);
    expect(performance.now() - start).toBeLessThan(20);
  });
});

describe('client and server', () => {
  it('agree on the right password and refuse the wrong one', async () => {
    expect((await exchange(client(), server())).proved).toBe(true);
    expect((await exchange(client({ use: 'no' }, 'wrong'), server())).proved).toBe(false);
  });

  it('the keys that a proof leaves open a second exchange, with another salt or not', async () => {
    const outcome = await exchange(client(), server());
    if (!outcome.proved) throw new Error('not proved');
    const nonce = randomBytes(18).toString('base64');
    const again = new ScramClient({ secret: outcome.keys, nonce, channelBinding: { use: 'no' } });
    expect((await exchange(again, server())).proved).toBe(true);
    expect(again.verified).toBe(true);
  });

  it('a doomed exchange is refused even with the right proof', async () => {
    expect((await exchange(client(), server({ doomed: true }))).proved).toBe(false);
  });

  it('bind to the certificate', async () => {
    const s = server({ channelBinding: HASH });
    expect(s.mechanisms).toEqual([SCRAM_SHA_256_PLUS, SCRAM_SHA_256]);
    const c = client({ use: 'yes', serverEndPointHash: HASH });
    expect((await exchange(c, s, SCRAM_SHA_256_PLUS)).proved).toBe(true);
  });

  it('another certificate in between is found out', async () => {
    const c = client({ use: 'yes', serverEndPointHash: Buffer.alloc(32, 6) });
    await expect(exchange(c, server({ channelBinding: HASH }), SCRAM_SHA_256_PLUS)).rejects.toMatchObject({
      sqlstate: '28000',
      message: 'SCRAM channel binding check failed',
    });
  });

  it('an offer of PLUS taken away on the wire is found out', async () => {
    const c = client({ use: 'not-offered' });
    await expect(exchange(c, server({ channelBinding: HASH }))).rejects.toMatchObject({
      sqlstate: '28000',
      message: 'SCRAM channel binding negotiation error',
    });
  });

  it('a client that could bind and a server that cannot do without', async () => {
    expect((await exchange(client({ use: 'not-offered' }), server())).proved).toBe(true);
  });
});

describe('the server refuses', () => {
  const BARE = `n=,r=${RFC.clientNonce}`;
  it.each([
    ['an empty message', '', '08P01'],
    ['a zero byte', `n,,${BARE}\0`, '08P01'],
    ['no comma', 'n', '08P01'],
    ['another flag', `x,,${BARE}`, '08P01'],
    ['a longer flag', `nn,,${BARE}`, '08P01'],
    ['binding data without PLUS', `p=tls-server-end-point,,${BARE}`, '08P01'],
    ['an authorization identity', `n,a=root,${BARE}`, '0A000'],
    ['rubbish in its place', `n,x,${BARE}`, '08P01'],
    ['a mandatory extension', `n,,m=1,${BARE}`, '0A000'],
    ['no name', `n,,r=${RFC.clientNonce}`, '08P01'],
    ['no nonce', 'n,,n=', '08P01'],
    ['no nonce after a comma', 'n,,n=,', '08P01'],
    ['an empty nonce', 'n,,n=,r=', '08P01'],
    ['a nonce with a space', 'n,,n=,r=a b', '08P01'],
    ['a nonce that is not ASCII', 'n,,n=,r=\xe9', '08P01'],
    ['a nonce over 1 kB', `n,,n=,r=${'a'.repeat(1025)}`, '08P01'],
    ['a message over 8 kB', `n,,n=${'a'.repeat(9000)},r=a`, '08P01'],
    ['a broken extension', `n,,${BARE},=`, '08P01'],
    ['a comma at the end', `n,,${BARE},`, '08P01'],
  ])('%s at first', (_, text, sqlstate) => {
    expect(refusal(() => server().first(SCRAM_SHA_256, utf8(text))).sqlstate).toBe(sqlstate);
  });

  it('no data at first', () => {
    expect(refusal(() => server().first(SCRAM_SHA_256, null)).sqlstate).toBe('08P01');
  });

  it.each(['SCRAM-SHA-1', '', 'scram-sha-256', SCRAM_SHA_256_PLUS])(
    'mechanism %j, which it did not offer',
    (mechanism) => {
      expect(refusal(() => server().first(mechanism, utf8(RFC.clientFirst))).sqlstate).toBe('08P01');
    },
  );

  it('PLUS without binding data, and with another kind of it', () => {
    const bound = () => server({ channelBinding: HASH });
    expect(refusal(() => bound().first(SCRAM_SHA_256_PLUS, utf8(`n,,${BARE}`))).message).toBe(
      'malformed SCRAM message',
    );
    expect(refusal(() => bound().first(SCRAM_SHA_256_PLUS, utf8(`p=tls-unique,,${BARE}`))).message).toBe(
      'unsupported SCRAM channel-binding type',
    );
  });

  const [, NONCE, PROOF] = RFC.clientFinal.split(',') as [string, string, string];
  it.each([
    ['an empty message', ''],
    ['no channel binding', `${NONCE},${PROOF}`],
    ['the binding of another header', `c=eSws,${NONCE},${PROOF}`],
    ['bad base64 in the binding', `c=biw*,${NONCE},${PROOF}`],
    ['no nonce', `c=biws,${PROOF}`],
    ['another nonce', `c=biws,${NONCE}x,${PROOF}`],
    ['only the client nonce', `c=biws,r=${RFC.clientNonce},${PROOF}`],
    ['no proof', `c=biws,${NONCE}`],
    ['an empty proof', `c=biws,${NONCE},p=`],
    ['a short proof', `c=biws,${NONCE},p=AAAA`],
    ['bad base64 in the proof', `c=biws,${NONCE},${PROOF.replace('p=d', 'p=*')}`],
    ['something after the proof', `c=biws,${NONCE},${PROOF},x=1`],
    ['a zero byte', `${RFC.clientFinal}\0`],
  ])('%s at the end', (_, text) => {
    const s = server();
    s.first(SCRAM_SHA_256, utf8(RFC.clientFirst));
    expect(refusal(() => s.final(utf8(text))).sqlstate).toBe('08P01');
  });

  it('each step out of order, and everything after a refusal', () => {
    expect(refusal(() => server().final(utf8(RFC.clientFinal))).sqlstate).toBe('08P01');
    const s = server();
    s.first(SCRAM_SHA_256, utf8(RFC.clientFirst));
    expect(refusal(() => s.first(SCRAM_SHA_256, utf8(RFC.clientFirst))).sqlstate).toBe('08P01');
    const t = server();
    refusal(() => t.first(SCRAM_SHA_256, utf8('x')));
    expect(refusal(() => t.first(SCRAM_SHA_256, utf8(RFC.clientFirst))).sqlstate).toBe('08P01');
    const u = server();
    u.first(SCRAM_SHA_256, utf8(RFC.clientFirst));
    expect(u.final(utf8(RFC.clientFinal)).proved).toBe(true);
    expect(refusal(() => u.final(utf8(RFC.clientFinal))).sqlstate).toBe('08P01');
  });

  it('a stored verifier used as if it were the password', async () => {
    const c = new ScramClient({
      secret: { clientKey: verifier.storedKey, serverKey: verifier.serverKey },
      nonce: RFC.clientNonce,
      channelBinding: { use: 'no' },
    });
    expect((await exchange(c, server())).proved).toBe(false);
  });
});

describe('the client refuses a hostile server', () => {
  const [NONCE, SALT] = RFC.serverFirst.split(',') as [string, string];
  it.each([
    ['an empty message', ''],
    ['no nonce', `${SALT},i=4096`],
    ['its own nonce and nothing more', `r=${RFC.clientNonce},${SALT},i=4096`],
    ['a nonce that is not its own', `r=x${RFC.clientNonce}y,${SALT},i=4096`],
    ['a nonce over 1 kB (CVE-2026-6665)', `${NONCE}${'a'.repeat(1024)},${SALT},i=4096`],
    ['no salt', `${NONCE},i=4096`],
    ['an empty salt', `${NONCE},s=,i=4096`],
    ['bad base64 in the salt', `${NONCE},s=W22Z*J0SNY7soEsUEjb6gQ==,i=4096`],
    ['a salt over 1 kB', `${NONCE},s=${Buffer.alloc(1025).toString('base64')},i=4096`],
    ['no iterations', `${NONCE},${SALT}`],
    ['0 iterations', `${NONCE},${SALT},i=0`],
    ['a negative count', `${NONCE},${SALT},i=-1`],
    ['a count over the cap', `${NONCE},${SALT},i=1000001`],
    ['a huge count', `${NONCE},${SALT},i=99999999999999999999`],
    ['a count that is not a number', `${NONCE},${SALT},i=4096x`],
    ['hexadecimal', `${NONCE},${SALT},i=0x10`],
    ['something after the count', `${NONCE},${SALT},i=4096,x=1`],
    ['a mandatory extension', `m=1,${RFC.serverFirst}`],
    ['a zero byte', `${RFC.serverFirst}\0`],
  ])('%s', async (_, text) => {
    const c = client();
    c.first();
    await expect(c.continue(utf8(text))).rejects.toThrow(ScramError);
    expect(() => c.final(utf8(RFC.serverFinal))).toThrow(ScramError);
  });

  it.each([
    ['an empty message', ''],
    ['an error', 'e=other-error'],
    ['another signature', 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5='],
    ['a short signature', 'v=AAAA'],
    ['an empty signature', 'v='],
    ['something after it', `${RFC.serverFinal},x=1`],
    ['a zero byte', `${RFC.serverFinal}\0`],
  ])('%s at the end', async (_, text) => {
    const c = client();
    c.first();
    await c.continue(utf8(RFC.serverFirst));
    expect(() => c.final(utf8(text))).toThrow(ScramError);
    expect(c.verified).toBe(false);
  });

  it('a proof that it never asked for, and an end before the middle', async () => {
    await expect(client().continue(utf8(RFC.serverFirst))).rejects.toThrow(ScramError);
    const c = client();
    c.first();
    expect(() => c.final(utf8(RFC.serverFinal))).toThrow(ScramError);
  });

  it('two answers at once', async () => {
    const c = client();
    c.first();
    const first = c.continue(utf8(RFC.serverFirst));
    await expect(c.continue(utf8(RFC.serverFirst))).rejects.toThrow(ScramError);
    await first.catch(() => {});
  });
});
