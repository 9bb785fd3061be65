import type { Facts } from '../facts.ts';
import { bad, type Finding, ok } from '../finding.ts';

const NAME = 'watchdog';

/** Do the other proxies answer? */
export function watchdog({ settings, peers }: Facts): Finding[] {
  if (!settings.use_watchdog) return [];
  if (settings.watchdogNodes.length < 2) {
    return [
      bad(
        NAME,
        'use_watchdog is on, but fewer than two watchdog nodes are named',
        'Set hostnameN, wd_portN and pgpool_portN for each proxy.',
      ),
    ];
  }
  return peers.map(({ id, hostname, port, reach }) => {
    const where = `watchdog node ${id} (${hostname}:${port})`;
    if (reach.ok) return ok(NAME, `${where} answers`);
    return bad(
      NAME,
      `${where} is silent: ${reach.reason}`,
      `Start the proxy there with use_watchdog = on, open the port wd_port${id} between both, or correct hostname${id} and wd_port${id}.`,
    );
  });
}
