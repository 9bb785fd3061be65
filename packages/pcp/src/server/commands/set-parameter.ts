import { encodeNotice } from '../../wire/notice.ts';
import { complete } from '../../wire/replies.ts';
import { decodeTexts } from '../../wire/texts.ts';
import { error } from '../refusal.ts';
import type { Command } from './command.ts';

const LEVELS = /^(debug[1-5]?|log|info|notice|warning|error|fatal|panic)$/i;
const FAILED = 'PCP: set configuration parameter failed';

/** 'A' name z, value z -> 'a'. Only client_min_messages can be set; what would be noticed below it is this alone. */
export const setParameter: Command = async (body) => {
  const [name = '', value = ''] = decodeTexts(body);
  if (name.toLowerCase() !== 'client_min_messages') throw error(FAILED, `invalid parameter "${name}"`);
  if (!LEVELS.test(value)) throw error(FAILED, `invalid value "${value}" for parameter "${name}"`);
  const done = complete('a');
  if (!/^debug/i.test(value)) return { bytes: done };
  const notice = encodeNotice({ severity: 'DEBUG', message: `PCP setting parameter "${name}" to "${value}"` });
  return { bytes: Buffer.concat([notice, done]) };
};
