import { complete } from '../../wire/replies.ts';
import { decodeNumber } from '../../wire/requests.ts';
import { decodeTexts } from '../../wire/texts.ts';
import { error } from '../refusal.ts';
import { column } from './column.ts';
import type { Command } from './command.ts';

/** 'H' node id z -> 'h': CommandComplete and the row of SHOW pool_health_check_stats. */
export const healthCheckStats: Command = async (body, { operations }) => {
  const wanted = String(decodeNumber(body));
  const shown = await operations.show('pool_health_check_stats');
  const row = shown.rows.find((cells) => column(shown, cells, 'node_id') === wanted);
  if (row === undefined) {
    throw error('informing health check stats info failed', `invalid node ID ${decodeTexts(body)[0] ?? ''}`);
  }
  return { bytes: complete('h', ...row) };
};
