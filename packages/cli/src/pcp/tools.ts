import {
  attachTool,
  detachTool,
  invalidateCacheTool,
  promoteTool,
  recoverTool,
  reloadTool,
  rotateLogTool,
  stopTool,
} from './acts.ts';
import { healthCheckStatsTool } from './health-check-stats.ts';
import { nodeCountTool } from './node-count.ts';
import { nodeInfoTool } from './node-info.ts';
import { poolStatusTool } from './pool-status.ts';
import { processCountTool } from './process-count.ts';
import { processInfoTool } from './process-info.ts';
import type { Tool } from './tool.ts';
import { watchdogInfoTool } from './watchdog-info.ts';

/** Every pcp_* program; each has a file of its name in compat/bin. */
export const TOOLS: readonly Tool[] = [
  attachTool,
  detachTool,
  healthCheckStatsTool,
  invalidateCacheTool,
  rotateLogTool,
  nodeCountTool,
  nodeInfoTool,
  poolStatusTool,
  processCountTool,
  processInfoTool,
  promoteTool,
  recoverTool,
  reloadTool,
  stopTool,
  watchdogInfoTool,
];
