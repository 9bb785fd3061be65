import type en from '../en/logs.ts';
import type { Translation } from '../translation.ts';

export default {
  title: 'ログ',
  search: 'テキストまたは /パターン/ で検索',
  badPattern: 'パターンとして正しくないため、テキストとして検索しています。',
  level: '最低レベル',
  allLevels: 'すべてのレベル',
  process: 'プロセス',
  proxy: 'プロキシ',
  any: 'すべて',
  count: '{shown} / {all} 行',
  lines: 'ログの行',
  wrap: '行を折り返す',
  none: 'ログがありません',
  noneText: 'プロキシが書き込むと表示されます。書き込む内容は log_min_messages で決まります。',
  noMatch: '条件に合う行がありません',
  clear: '条件を解除',
  openNode: 'ノード {node}',
  rotateOpen: 'ログを切り替える…',
  rotateOpenOf: '{proxy} のログを切り替える…',
  rotate: '{proxy} のログを切り替える',
  rotateEffect: 'プロキシがログファイルを閉じて開き直します。失われる行はありません。',
  rotated: '{proxy} がログを開き直しました。',
} satisfies Translation<typeof en>;
