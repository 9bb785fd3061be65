import type en from '../en/cache.ts';
import type { Translation } from '../translation.ts';

export default {
  title: 'クエリーキャッシュ',
  off: 'クエリーキャッシュはオフです',
  offText: '{proxies} の memory_cache_enabled が off です。文はすべてノードへ送られ、古い結果が返ることはありません。',
  notTold: 'クエリーキャッシュの値を報告するプロキシがありません',
  notToldText: 'memory_cache_enabled は on ですが、値がありません。memcached の場合、値は取得できません。',
  settings: 'パラメータを表示',
  none: '応答したプロキシがありません',
  nothing: 'まだ使用されていません',
  nothingText: '{proxy} の起動以降、値はすべて 0 です。',
  hit: 'ヒット率',
  figure: '項目',
  value: '値',
  clearOpen: '{proxy} のキャッシュを空にする…',
  clear: '{proxy} のキャッシュを空にする',
  clearEffect:
    'すべてのエントリーを削除します。各セッションの次のメッセージから有効になり、その間の文はノードへ送られます。',
  cleared: '{proxy} のキャッシュを空にしました。',
} satisfies Translation<typeof en>;
