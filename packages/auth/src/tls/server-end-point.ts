import { createHash } from 'node:crypto';

type Digest = 'sha224' | 'sha256' | 'sha384' | 'sha512';

/** Signature algorithms by the DER bytes of their object identifier. MD5 and SHA-1 count as SHA-256 (RFC 5929). */
const SIGNATURES: Readonly<Record<string, Digest>> = {
  '2a864886f70d010104': 'sha256', // md5WithRSAEncryption
  '2a864886f70d010105': 'sha256', // sha1WithRSAEncryption
  '2a864886f70d01010e': 'sha224', // sha224WithRSAEncryption
  '2a864886f70d01010b': 'sha256', // sha256WithRSAEncryption
  '2a864886f70d01010c': 'sha384', // sha384WithRSAEncryption
  '2a864886f70d01010d': 'sha512', // sha512WithRSAEncryption
  '2a8648ce3d0401': 'sha256', // ecdsa-with-SHA1
  '2a8648ce3d040301': 'sha224', // ecdsa-with-SHA224
  '2a8648ce3d040302': 'sha256', // ecdsa-with-SHA256
  '2a8648ce3d040303': 'sha384', // ecdsa-with-SHA384
  '2a8648ce3d040304': 'sha512', // ecdsa-with-SHA512
  '2a8648ce380403': 'sha256', // dsa-with-sha1
  '608648016503040301': 'sha224', // dsa-with-sha224
  '608648016503040302': 'sha256', // dsa-with-sha256
};

const RSASSA_PSS = '2a864886f70d01010a';

/** Digests as RSASSA-PSS names them in its parameters. */
const DIGESTS: Readonly<Record<string, Digest>> = {
  '2b0e03021a': 'sha256', // sha1
  '608648016503040204': 'sha224',
  '608648016503040201': 'sha256',
  '608648016503040202': 'sha384',
  '608648016503040203': 'sha512',
};

/**
 * tls-server-end-point channel-binding data (RFC 5929) of a certificate in DER: its hash by the digest of its signature.
 * Null where the signature has no digest (Ed25519, Ed448) or is not known: channel binding is then impossible, and
 * whoever requires it has to refuse.
 */
export function serverEndPointHash(certificateDer: Buffer): Buffer | null {
  const digest = signatureDigest(certificateDer);
  return digest === null ? null : createHash(digest).update(certificateDer).digest();
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, parameters }, signature } */
function signatureDigest(der: Buffer): Digest | null {
  const certificate = readElement(der, 0);
  if (certificate?.tag !== 0x30 || certificate.end !== der.length) return null;
  const tbs = readElement(der, certificate.start);
  if (tbs?.tag !== 0x30) return null;
  const algorithm = readElement(der, tbs.end);
  if (algorithm?.tag !== 0x30 || algorithm.end > certificate.end) return null;
  const oid = readOid(der, algorithm.start);
  if (oid === null) return null;
  if (oid.hex === RSASSA_PSS) return pssDigest(der, oid.end, algorithm.end);
  return SIGNATURES[oid.hex] ?? null;
}

/** RSASSA-PSS-params ::= SEQUENCE { [0] hashAlgorithm AlgorithmIdentifier DEFAULT sha1, … } */
function pssDigest(der: Buffer, at: number, end: number): Digest | null {
  if (at >= end) return null;
  const params = readElement(der, at);
  if (params?.tag !== 0x30 || params.end > end) return null;
  if (params.start === params.end) return 'sha256'; // all defaults: SHA-1, which counts as SHA-256
  const first = readElement(der, params.start);
  if (first === null) return null;
  if (first.tag !== 0xa0) return 'sha256';
  const algorithm = readElement(der, first.start);
  const oid = algorithm?.tag === 0x30 ? readOid(der, algorithm.start) : null;
  return oid === null ? null : (DIGESTS[oid.hex] ?? null);
}

function readOid(der: Buffer, at: number): { hex: string; end: number } | null {
  const element = readElement(der, at);
  if (element?.tag !== 0x06) return null;
  return { hex: der.toString('hex', element.start, element.end), end: element.end };
}

/** Tag and content bounds of the DER element at `at`; null when it does not fit. */
function readElement(der: Buffer, at: number): { tag: number; start: number; end: number } | null {
  if (at + 2 > der.length) return null;
  const tag = der.readUInt8(at);
  const short = der.readUInt8(at + 1);
  if (short < 0x80) return bounded(der, tag, at + 2, short);
  const lengthBytes = short & 0x7f;
  if (lengthBytes === 0 || lengthBytes > 4 || at + 2 + lengthBytes > der.length) return null;
  return bounded(der, tag, at + 2 + lengthBytes, der.readUIntBE(at + 2, lengthBytes));
}

function bounded(der: Buffer, tag: number, start: number, length: number) {
  return start + length <= der.length ? { tag, start, end: start + length } : null;
}
