/** Placeholder of the runner that brings versions to proxies. */
export class ApplyRuns {}
