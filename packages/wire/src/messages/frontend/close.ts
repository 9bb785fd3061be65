import { Frontend } from '../../types.ts';
import { decodeTarget, encodeTarget, type Target } from './target.ts';

/** Close ('C', frontend): Byte1 'S' or 'P', CString name. @throws ProtocolError 08P01. */
export function decodeClose(body: Buffer): Target {
  return decodeTarget('CLOSE', body);
}

export function encodeClose(target: Target): Buffer {
  return encodeTarget(Frontend.CLOSE, target);
}
