import { PROCESS_FIELDS } from '../../wire/process-info.ts';
import { rowsReply } from '../../wire/replies.ts';
import { decodeNumber } from '../../wire/requests.ts';
import { decodeTexts, encodeTexts } from '../../wire/texts.ts';
import { error } from '../refusal.ts';
import { column } from './column.ts';
import type { Command } from './command.ts';

const ALL = 0;

/** 'P' pid z (0: all) -> several 'p', the rows of SHOW pool_pools. */
export const processInfo: Command = async (body, { operations }) => {
  const wanted = decodeNumber(body);
  const shown = await operations.show('pool_pools');
  const rows =
    wanted === ALL ? shown.rows : shown.rows.filter((row) => column(shown, row, 'pool_pid') === String(wanted));
  if (rows.length === 0 && wanted !== ALL) {
    throw error('informing process info failed', `invalid process ID : ${decodeTexts(body)[0] ?? ''}`);
  }
  const records = rows.map((row) => PROCESS_FIELDS.map((name) => column(shown, row, name)));
  return {
    bytes: rowsReply(
      'p',
      records.map((record) => encodeTexts('ProcessInfo', ...record)),
    ),
  };
};
