/** Signing in, one-time links, the page when the database is not there. */
export default {
  title: 'Sign in',
  name: 'Name',
  password: 'Password',
  code: 'Code of the second factor, or a recovery code',
  signIn: 'Sign in',
  freshTitle: 'There is no account yet',
  freshText: 'pgherd prints a one-time link for the first account when it starts. Open that link.',
  inviteTitle: 'Make the first account',
  inviteText: 'It administers this console. Others are invited from the settings.',
  setPasswordTitle: 'Welcome, {name}',
  setPasswordText: 'Choose a password of at least 10 characters.',
  repeat: 'The password again',
  differs: 'The two passwords differ.',
  makeAccount: 'Make the account',
  setPassword: 'Set the password',
  linkEnded: 'This link cannot be used',
  toSignIn: 'To sign-in',
  unavailableTitle: 'The console has no database right now',
  unavailableText:
    'The proxies are not affected: applications are served. The console tries again every few seconds and continues by itself.',
  unavailableReason: 'What is wrong',
};
