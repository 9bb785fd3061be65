import type { Facts } from '../facts.ts';
import { bad, type Finding, ok, warn } from '../finding.ts';

const NAME = 'engine';

export function engine({ engine: found }: Facts): Finding[] {
  switch (found.state) {
    case 'off':
      return [ok(NAME, 'the proxy does not run; servers and files are looked at all the same')];
    case 'mute':
      return [
        warn(
          NAME,
          `process ${found.pid} runs, but cannot be asked: ${found.reason}`,
          'Be the user that runs it, and see that control_listen_addresses is not empty.',
        ),
      ];
    case 'answers': {
      const { status } = found;
      if (status.ready) return [ok(NAME, 'the proxy runs and serves clients')];
      return [
        bad(
          NAME,
          `the proxy runs, but clients cannot be served: ${status.notReady.join('; ')}`,
          'What is said of servers and sign-in below tells why.',
        ),
      ];
    }
  }
}
