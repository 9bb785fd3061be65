export { type LogContext, Logger } from './log/logger.ts';
export { ListenError } from './supervisor/acceptor.ts';
export { replacedNodes } from './supervisor/memory-file.ts';
export { AlreadyRunningError, livePid } from './supervisor/pid-file.ts';
export { type FoundProblem, ProblemBook } from './supervisor/problems/book.ts';
export { statusProblemCodes } from './supervisor/problems/judge-status.ts';
export { ConfigurationError, Supervisor, type SupervisorOptions } from './supervisor/supervisor.ts';
export { WORKER_FLAGS } from './supervisor/worker-process.ts';
export { PGPOOL_CODENAME, PGPOOL_VERSION, VERSION } from './version.ts';
