/** What a client may ask, by the byte that says so, and how the payloads of requests are read. */
import { decodeTexts, encodeTexts } from './texts.ts';

export const REQUEST = {
  salt: 'M',
  signIn: 'R',
  disconnect: 'X',
  nodeCount: 'L',
  nodeInfo: 'I',
  healthCheckStats: 'H',
  processCount: 'N',
  processInfo: 'P',
  configuration: 'B',
  attach: 'C',
  detach: 'D',
  detachGracefully: 'd',
  promote: 'J',
  promoteGracefully: 'j',
  recover: 'O',
  stop: 'T',
  stopCluster: 't',
  reload: 'Z',
  rotateLog: 'V',
  invalidateCache: 'G',
  watchdogInfo: 'W',
  setParameter: 'A',
  stopRecovery: 'F',
} as const;

/** A decimal number, maybe with a blank behind it as promote sends it; null for anything else. */
export function decodeNumber(body: Buffer): number | null {
  const [text = ''] = decodeTexts(body);
  return /^-?\d{1,9} ?$/.test(text) ? Number(text) : null;
}

export const encodeNumber = (number: number): Buffer => encodeTexts(String(number));

/** Promote: node id and one blank z, then Byte1: `n` believe it, `s` switch over. Without the byte: believe. */
export function encodePromote(node: number, switchover: boolean): Buffer {
  return Buffer.concat([encodeTexts(`${node} `), Buffer.from(switchover ? 's' : 'n')]);
}

export function promoteIsSwitchover(body: Buffer): boolean {
  const zero = body.indexOf(0);
  return zero !== -1 && body.toString('latin1', zero + 1, zero + 2) === 's';
}
