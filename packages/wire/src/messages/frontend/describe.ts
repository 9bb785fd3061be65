import { Frontend } from '../../types.ts';
import { decodeTarget, encodeTarget, type Target } from './target.ts';

/** Describe ('D', frontend): Byte1 'S' or 'P', CString name. @throws ProtocolError 08P01. */
export function decodeDescribe(body: Buffer): Target {
  return decodeTarget('DESCRIBE', body);
}

export function encodeDescribe(target: Target): Buffer {
  return encodeTarget(Frontend.DESCRIBE, target);
}
