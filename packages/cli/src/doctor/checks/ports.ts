import type { Facts, PortFacts } from '../facts.ts';
import { bad, type Finding, ok, warn } from '../finding.ts';

const NAME = 'port';

/** The proxy's own doors: answered while it runs, free while it does not. */
export const ports = ({ ports: found }: Facts): Finding[] => found.map(lookedAt);

function lookedAt({ parameter, host, port, state, reason }: PortFacts): Finding {
  const where = `${parameter} (${host}:${port})`;
  if (state === 'answers') return ok(NAME, `${where} is answered`);
  if (state === 'free') return ok(NAME, `${where} is free`);
  if (state === 'taken') {
    const remedy = `Stop that program ("ss -ltnp sport = :${port}" names it), or change ${parameter}.`;
    return bad(NAME, `${where} is taken by another program, and the proxy does not run`, remedy);
  }
  // Without its own port the proxy is of no use; the other doors may be another proxy's.
  const verdict = parameter === 'port' ? bad : warn;
  return verdict(
    NAME,
    `${where} is not answered although the proxy runs: ${reason}`,
    `Look for ${parameter} in the proxy's log; a firewall rule on this host, or another proxy that had the port first, does that.`,
  );
}
