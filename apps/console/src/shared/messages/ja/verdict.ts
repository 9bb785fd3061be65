import type en from '../en/verdict.ts';
import type { Translation } from '../translation.ts';

export default {
  well: {
    title: '稼働中、すべて正常です',
    text: '{nodes, plural, other {ノード # 台}}、ノード {primary} のスタンバイ {standbys, plural, =0 {なし} other {# 台}}。',
  },
  noProxy: { title: 'プロキシがまだ登録されていません', text: '設定でプロキシのアドレスを追加します。' },
  proxyLost: {
    title: 'プロキシ {proxy} がコンソールに応答しません',
    text: 'アプリケーションの処理は続いている可能性があります。コンソールは監視しているだけです。',
  },
  noPrimary: {
    title: 'プライマリがありません',
    text: '書き込みは失敗します。読み取り先：{standbys, plural, =0 {なし} other {スタンバイ # 台}}。',
  },
  notServing: { title: 'クライアントに応答できません', text: '{why}' },
  changing: { title: '操作を実行しています', text: '新しいトランザクションは一時的に待つことがあります。' },
  nodeDown: { title: 'ノード {node} を除いて稼働中', text: '{why} ほかのノードに影響はありません。' },
  nodeDegraded: { title: '稼働中、ノード {node} に問題があります', text: '{why} ほかのノードに影響はありません。' },
  nodeOut: { title: '稼働中、ノード {node} は計画停止です', text: '{why}' },
  problems: { title: '稼働中、未対応の問題 {problems, plural, other {# 件}}', text: '下の一覧に重大な順に示します。' },
  noStandby: { title: 'スタンバイなしで稼働中', text: 'プライマリが停止すると、引き継ぐノードがありません。' },
} satisfies Translation<typeof en>;
