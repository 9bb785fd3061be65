import type { Command } from './commands/command.ts';

/** The sub-commands of `pgherd`. Loaded on use: `pgherd url` need not wait for the engine. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./up/up.ts')).upCommand,
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
  status: async () => (await import('./herd/status.ts')).statusCommand,
  nodes: async () => (await import('./herd/nodes.ts')).nodesCommand,
  sessions: async () => (await import('./herd/sessions.ts')).sessionsCommand,
  events: async () => (await import('./herd/events.ts')).eventsCommand,
  plan: async () => (await import('./herd/plan.ts')).planCommand,
  attach: async () => (await import('./herd/acts.ts')).attachCommand,
  detach: async () => (await import('./herd/acts.ts')).detachCommand,
  switchover: async () => (await import('./herd/acts.ts')).switchoverCommand,
  failover: async () => (await import('./herd/acts.ts')).failoverCommand,
  recover: async () => (await import('./herd/acts.ts')).recoverCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
  agent: async () => (await import('./commands/agent.ts')).agentCommand,
  sql: async () => (await import('./commands/sql.ts')).sqlCommand,
  'explain-route': async () => (await import('./commands/explain-route.ts')).explainRouteCommand,
  url: async () => (await import('./commands/url.ts')).urlCommand,
  config: async () => (await import('./commands/config.ts')).configCommand,
  auth: async () => (await import('./commands/auth.ts')).authCommand,
  console: async () => (await import('./commands/console.ts')).consoleCommand,
  lab: async () => (await import('./commands/lab.ts')).labCommand,
};
