import type { Problem } from '@pgherd/operations';
import type { Facts } from '../facts.ts';
import { bad, type Finding, ok, warn } from '../finding.ts';

const NAME = 'engine';

/** What no look from outside would find: the other judgements of the engine have checks of their own here. */
const BY_ITSELF: ReadonlySet<string> = new Set([
  'lag-over-limit',
  'clients-wait',
  'places-nearly-taken',
  'configuration-drift',
  'configuration-unreadable',
  'restart-pending',
]);

function asFinding({ severity, sentence, cause, remedy, node, wish }: Problem): Finding {
  const said = cause === null ? sentence : `${sentence.replace(/\.$/, '')}: ${cause}`;
  return (severity === 'error' ? bad : warn)(NAME, said, remedy, {
    ...(node === null ? {} : { node }),
    ...(wish === null ? {} : { wish }),
  });
}

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
      const { status, problems = [] } = found;
      const known = problems.filter(({ code }) => BY_ITSELF.has(code)).map(asFinding);
      if (status.ready) return [ok(NAME, 'the proxy runs and serves clients'), ...known];
      return [
        ...known,
        bad(
          NAME,
          `the proxy runs, but clients cannot be served: ${status.notReady.join('; ')}`,
          'What is said of servers and sign-in below tells why.',
        ),
      ];
    }
  }
}
