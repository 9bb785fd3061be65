import { configAdvice } from '@pgherd/config';
import type { Facts } from '../facts.ts';
import { bad, type Finding, warn } from '../finding.ts';

/** What lets others see or do more than they should, and other advice on the configuration. */
export function safety({ settings }: Facts): Finding[] {
  const findings: Finding[] = [];
  if (settings.admin_users.length === 0) {
    findings.push(
      warn(
        'safety',
        'admin_users is empty: every user sees the statements and addresses of all others in SHOW pool_pools, as in Pgpool-II',
        'Set admin_users to those who may.',
      ),
    );
  }
  const exposed = settings.control_listen_addresses.filter((address) => !isLoopback(address));
  if (exposed.length > 0 && (settings.control_tls_cert === '' || settings.control_tls_key === '')) {
    findings.push(
      bad(
        'safety',
        `control_listen_addresses (${exposed.join(', ')}) is reached from other hosts without TLS: the control interface does not start so`,
        'Set control_tls_cert and control_tls_key, or listen on localhost.',
      ),
    );
  } else if (exposed.length > 0 && settings.control_tls_ca === '') {
    findings.push(
      warn(
        'safety',
        `control_listen_addresses (${exposed.join(', ')}) is reached from other hosts, and a token is all that is asked for`,
        'Set control_tls_ca, so that clients need a certificate too.',
      ),
    );
  }
  const said = [
    'no-weight',
    'statements-visible-to-all',
    'no-streaming-check',
    'primary-serves-reads',
    'connections-per-server',
  ];
  for (const { severity, message, reason } of configAdvice(settings, { ignore: said })) {
    if (severity === 'warning') findings.push(warn('advice', message, reason));
  }
  return findings;
}

const isLoopback = (address: string): boolean =>
  address === 'localhost' || address === '::1' || /^127(\.\d+){3}$/.test(address);
