import type en from '../en/welcome.ts';
import type { Translation } from '../translation.ts';

export default {
  title: 'ようこそ',
  about: 'プロキシ 1 台から始めます。背後のサーバーはプロキシを通じて見つかります。',
  steps: { proxy: 'プロキシ', import: '設定', environment: '環境' },
  proxy: 'プロキシ 1 台',
  proxyText:
    'トークンは pgherd up と pgherd start が control_token_file に書き込みます。アドレスは control_listen_addresses と control_port です。',
  slug: 'クラスタの短い名前',
  slugHint: 'アドレスに使い、確認時に入力します。a-z、0-9、ハイフン。',
  add: '{cluster} に {name} を追加',
  badSlug: 'a-z、0-9、ハイフンで短い名前を入力してください。',
  waiting: '{name} の応答を待っています',
  import: '稼働中の設定をバージョン 1 として取り込む',
  importText: '以後の変更はこの上の下書きになり、プロキシとの差異が表示され、どのバージョンにも戻せます。',
  importAct: 'バージョン 1 として取り込む',
  imported: '{proxy} からバージョン {number} として取り込みました。',
  already: 'バージョン {number} が既にあります。',
  found: '{name} の稼働値：',
  parameters: '既定値と異なるパラメータ：{changed} 個。',
  environment: 'このクラスタの用途',
  environmentText: '本番では操作のたびに対象の名前を入力し、画面の枠が深紅になります。',
  hint: {
    production: '利用者がいる環境。',
    staging: '本番と同じ構成での検証。',
    development: '自分用。',
    demo: '試用。',
  },
  finish: 'クラスタを開く',
  next: '続ける',
  later: '後で',
  people: '「管理」でユーザーを招待し、自分の二要素認証を設定してください。',
  forbidden: '利用できるクラスタがまだありません',
  forbiddenText: '管理者がクラスタを追加するか、役割を与える必要があります。',
} satisfies Translation<typeof en>;
