import type en from '../en/door.ts';
import type { Translation } from '../translation.ts';

export default {
  title: 'サインイン',
  name: '名前',
  password: 'パスワード',
  code: '二要素認証のコード、またはリカバリコード',
  signIn: 'サインイン',
  freshTitle: 'アカウントがまだありません',
  freshText: 'pgherd は起動時に、最初のアカウント用のワンタイムリンクを表示します。そのリンクを開きます。',
  inviteTitle: '最初のアカウントの作成',
  inviteText: 'このコンソールの管理者になります。ほかの利用者は設定から招待します。',
  setPasswordTitle: 'ようこそ、{name} さん',
  setPasswordText: '10 文字以上のパスワードを選びます。',
  repeat: 'パスワード（再入力）',
  nameLetters: '名前に使えるのは文字、数字、空白、. _ @ - です',
  differs: '2 つのパスワードが異なります。',
  makeAccount: 'アカウントを作成',
  setPassword: 'パスワードを設定',
  linkEnded: 'このリンクは使えません',
  toSignIn: 'サインインへ',
  unavailableTitle: 'コンソールのデータベースに接続できません',
  unavailableText:
    'プロキシへの影響はなく、アプリケーションは利用できます。コンソールは数秒ごとに再試行し、自動的に復帰します。',
  unavailableReason: '原因',
  freshSignIn: '確認のため再度サインイン',
  freshSignInText: 'この操作には 5 分以内のサインインが必要です。',
  confirmSignIn: 'サインインを確認',
} satisfies Translation<typeof en>;
